import CCrypto

extension CertificateHandle {
    /// The subject as RFC 2253 writes it, the last part first; ASCII, everything else escaped.
    /// `nil` for one that cannot be written. C function: `X509_NAME_print_ex(3)`.
    var subject: String? {
        // Sound: makes a stream of ours, freed when this function ends.
        let stream = unsafe BIO_new(BIO_s_mem())
        defer {
            // Sound: nil or ours, used no more.
            unsafe BIO_free_all(stream)
            ERR_clear_error()
        }
        // Sound: the name belongs to the certificate, which is alive for the call.
        let name = unsafe X509_get_subject_name(handle)
        guard unsafe X509_NAME_print_ex(stream, name, 0, keel_name_flags()) >= 0 else { return nil }
        // Sound: asks for a number only.
        var bytes = [UInt8](repeating: 0, count: unsafe BIO_ctrl_pending(stream))
        guard !bytes.isEmpty else { return "" }
        var count = 0
        // Sound: libcrypto writes at most `bytes.count` bytes and says how many.
        guard unsafe BIO_read_ex(stream, &bytes, bytes.count, &count) == 1 else { return nil }
        return String(validating: bytes[..<count], as: UTF8.self)
    }

    /// Every common name (CN) of the subject, in the order of the certificate.
    var commonNames: [String]? { texts(NID_commonName) }

    /// Every organisation (O) of the subject, in the order of the certificate.
    var organisations: [String]? { texts(NID_organizationName) }

    /// The values of one attribute; `nil` when one of them is no text.
    /// C functions: `X509_NAME_get_index_by_NID(3)`, `ASN1_STRING_to_UTF8(3)`.
    private func texts(_ attribute: Int32) -> [String]? {
        defer { ERR_clear_error() }
        // Sound: the name belongs to the certificate, which is alive as long as self.
        let name = unsafe X509_get_subject_name(handle)
        var found: [String] = []
        var index: Int32 = -1
        while true {
            // Sound: as above; the index is one that the last call gave, or -1 for the start.
            index = unsafe X509_NAME_get_index_by_NID(name, attribute, index)
            guard index >= 0 else { return found }
            // Sound: the entry and its value belong to the name.
            let entry = unsafe X509_NAME_get_entry(name, index)
            guard let text = unsafe text(X509_NAME_ENTRY_get_data(entry)) else { return nil }
            found.append(text)
        }
    }

    private func text(_ value: UnsafeMutablePointer<ASN1_STRING>?) -> String? {
        var bytes: UnsafeMutablePointer<UInt8>?
        // Sound: a value of the certificate's; the buffer made from it is ours.
        let count = unsafe ASN1_STRING_to_UTF8(&bytes, value)
        // Sound: nil or ours, used no more.
        defer { unsafe CRYPTO_free(bytes, "", 0) }
        guard count >= 0 else { return nil }
        // Sound: the buffer has `count` bytes, copied before it is freed.
        let copy = unsafe [UInt8](UnsafeBufferPointer(start: bytes, count: Int(count)))
        return String(validating: copy, as: UTF8.self)
    }
}

/// Names a server answers to, as a certificate lists them (`subjectAltName`, RFC 5280, 4.2.1.6).
enum AlternativeNames {
    /// libcrypto's notation, `DNS:node,IP:192.0.2.1`; `nil` when nothing is left.
    ///
    /// What is neither an address nor a name of letters, digits, `.`, `-`, `_` and a leading `*`
    /// is left out: no client could ask for it, and a comma would begin another entry.
    static func notation(_ names: [String]) -> String? {
        let entries = names.compactMap { name -> String? in
            if isAddress(name) { return "IP:\(name)" }
            return isHost(name) ? "DNS:\(name)" : nil
        }
        return entries.isEmpty ? nil : entries.joined(separator: ",")
    }

    /// C function: `a2i_IPADDRESS`, which reads IPv4 and IPv6.
    private static func isAddress(_ name: String) -> Bool {
        let isPlain = name.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: ":"), UInt8(ascii: "a")...UInt8(ascii: "f"),
                UInt8(ascii: "A")...UInt8(ascii: "F"), UInt8(ascii: "."):
                true
            default: false
            }
        }
        guard isPlain else { return false }
        // Sound: the text lives for the call; the result is ours and freed at once.
        let address = unsafe a2i_IPADDRESS(name)
        defer {
            // Sound: nil or ours, used no more.
            unsafe ASN1_OCTET_STRING_free(address)
            ERR_clear_error()
        }
        return unsafe address != nil
    }

    private static func isHost(_ name: String) -> Bool {
        let rest =
            name.utf8.starts(with: "*.".utf8) ? Array(name.utf8.dropFirst(2)) : Array(name.utf8)
        return (1...253).contains(rest.count)
            && rest.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
                    UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "."), UInt8(ascii: "_"),
                    UInt8(ascii: "-"):
                    true
                default: false
                }
            }
    }
}
