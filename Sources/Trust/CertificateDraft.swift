import CCrypto
import Slots

/// What a certificate shall say, before anybody signs it.
///
/// Its calls fail only when memory or random numbers are gone, and then trap.
struct CertificateDraft {
    enum Purpose {
        case authority
        case server
        case client
    }

    let commonName: String
    let organisations: [String]
    let names: [String]
    let purpose: Purpose
    let from: Timestamp
    let days: Int

    /// The certificate of `subject`, signed with `signer`; `issuer` is `nil` when it vouches for
    /// itself. C functions: `X509_sign(3)`, `X509V3_EXT_conf_nid`.
    func signed(
        subject: KeyHandle,
        issuer: CertificateHandle?,
        by signer: KeyHandle
    ) -> Certificate {
        precondition(days > 0, "a certificate is valid for a while")
        // Sound: the result is checked before it is kept.
        guard let made = unsafe X509_new() else {
            preconditionFailure("there is memory for a certificate")
        }
        // Sound: the new object owns it.
        let certificate = unsafe CertificateHandle(owning: made)
        writeNumbers(certificate)
        writeTimes(certificate)
        writeNames(certificate, issuer)
        // Sound: both handles are alive; libcrypto counts its own use of the key.
        demand(unsafe X509_set_pubkey(certificate.handle, subject.handle))
        writeExtensions(certificate, issuer)
        // Sound: both handles are alive, and the digest is a constant. The answer is a size.
        let size = unsafe X509_sign(certificate.handle, signer.handle, EVP_sha256())
        precondition(size > 0, "a certificate can be signed")
        ERR_clear_error()
        // Decoded anew, so that what we made passes the same door as what others made.
        do throws(CertificateError) { return try Certificate(der: certificate.der) } catch {
            preconditionFailure("a certificate of ours can be read")
        }
    }

    /// Version 3, and a serial number nobody can guess: 16 bytes, positive. RFC 5280, 4.1.2.2.
    private func writeNumbers(_ certificate: CertificateHandle) {
        var bytes: [UInt8]
        do throws(KeyError) { bytes = try RandomBytes.make(16) } catch {
            preconditionFailure("the system has random numbers")
        }
        bytes[0] = bytes[0] & 0x3f | 0x40
        // Sound: the bytes are read during the call; number and serial are ours or the
        // certificate's, and the number is freed.
        let number = unsafe BN_bin2bn(bytes, Int32(bytes.count), nil)
        defer { unsafe BN_free(number) }
        let serial = unsafe X509_get_serialNumber(certificate.handle)
        precondition(
            // Sound: as above.
            unsafe BN_to_ASN1_INTEGER(number, serial) != nil,
            "there is memory for a serial number"
        )
        // Sound: the handle is alive for the call.
        demand(unsafe X509_set_version(certificate.handle, 2))
    }

    private func writeTimes(_ certificate: CertificateHandle) {
        let lastSecond = 253_402_300_799  // 9999-12-31T23:59:59Z, RFC 5280, 4.1.2.5
        let start = min(max(from.seconds, 0), lastSecond)
        let end = days > lastSecond / 86400 ? lastSecond : min(start + days * 86400, lastSecond)
        // Sound: the times belong to the certificate and are written in place.
        let first = unsafe ASN1_TIME_set(X509_getm_notBefore(certificate.handle), start)
        let last = unsafe ASN1_TIME_set(X509_getm_notAfter(certificate.handle), end)
        // Sound: compared with nil only.
        precondition(unsafe first != nil && last != nil, "a year below 10000 is a time")
    }

    /// The organisations and then the common name, in UTF-8 of any length.
    private func writeNames(_ certificate: CertificateHandle, _ issuer: CertificateHandle?) {
        // Sound: the name belongs to the certificate, which is alive for the calls.
        let name = unsafe X509_get_subject_name(certificate.handle)
        let values =
            organisations.map { (NID_organizationName, $0) } + [(NID_commonName, commonName)]
        for (attribute, value) in values {
            let bytes = Array(value.utf8)
            // Sound: libcrypto copies the bytes; the entry is ours, copied into the name and freed.
            let entry = unsafe X509_NAME_ENTRY_create_by_NID(
                nil,
                attribute,
                V_ASN1_UTF8STRING,
                bytes,
                Int32(bytes.count)
            )
            // Sound: as above.
            defer { unsafe X509_NAME_ENTRY_free(entry) }
            demand(unsafe X509_NAME_add_entry(name, entry, -1, 0))
        }
        // Sound: libcrypto copies the issuer's name, which lives as long as its certificate.
        let issuerName = unsafe issuer.map { unsafe X509_get_subject_name($0.handle) } ?? name
        demand(unsafe X509_set_issuer_name(certificate.handle, issuerName))
    }

    private func writeExtensions(_ certificate: CertificateHandle, _ issuer: CertificateHandle?) {
        var extensions: [(Int32, String)] = [(NID_subject_key_identifier, "hash")]
        if issuer != nil { extensions.append((NID_authority_key_identifier, "keyid")) }
        switch purpose {
        case .authority:
            extensions.append((NID_basic_constraints, "critical,CA:TRUE"))
            extensions.append((NID_key_usage, "critical,keyCertSign,cRLSign"))
        case .server, .client:
            extensions.append((NID_basic_constraints, "critical,CA:FALSE"))
            extensions.append((NID_key_usage, "critical,digitalSignature"))
            let use = purpose == .server ? "serverAuth" : "clientAuth"
            extensions.append((NID_ext_key_usage, use))
        }
        if let names = AlternativeNames.notation(names) {
            extensions.append((NID_subject_alt_name, names))
        }
        for (kind, value) in extensions { add(kind, value, to: certificate, issuer) }
    }

    /// Adds one extension from libcrypto's notation. C function: `X509V3_EXT_conf_nid`.
    private func add(
        _ kind: Int32,
        _ value: String,
        to certificate: CertificateHandle,
        _ issuer: CertificateHandle?
    ) {
        let authority = issuer ?? certificate
        // Sound: zeroes; a local that borrows both certificates for these calls.
        var context = unsafe X509V3_CTX()
        unsafe X509V3_set_ctx(&context, authority.handle, certificate.handle, nil, nil, 0)
        let made = unsafe X509V3_EXT_conf_nid(nil, &context, kind, value)
        // Sound: nil or ours; the certificate takes a copy.
        defer { unsafe X509_EXTENSION_free(made) }
        demand(unsafe X509_add_ext(certificate.handle, made, -1))
    }

    private func demand(_ answer: Int32) {
        precondition(answer == 1, "there is memory for a certificate")
    }
}
