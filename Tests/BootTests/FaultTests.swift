import Slots
import Testing

@testable import Boot

@Suite("Why a boot cannot go on, in words")
struct FaultTests {
    @Test(
        "what is wrong with a slot's content is said in a sentence, never in Swift",
        arguments: [
            (SlotContent.empty, "slot b is refused: it is empty"),
            (.unknown(nil), "slot b is refused: its trailer makes no sense"),
            (
                .unknown(.tooFewSignatures(valid: 0, needed: 1, signers: [])),
                "slot b is refused: 1 trusted keys must have signed it, 0 did; it names no signer"
            ),
        ]
    )
    func content(content: SlotContent, sentence: String) {
        #expect(BootFault.content(content, of: .b) == BootFault("trailer", sentence))
    }

    @Test(
        "what is wrong with a service's file is said by its member",
        arguments: [
            (ServiceSpec.Fault.member("after"), "it has no good \"after\""),
            (.unknown("afer"), "\"afer\" is no member of a service"),
            (.notFlatJSON(.malformed(offset: 1)), "it is not JSON at byte 1"),
        ]
    )
    func service(fault: ServiceSpec.Fault, words: String) {
        #expect(fault.words == words)
    }
}
