import API
import Slots
import SlotsDisk
import SlotsLayout
import Trust

extension AgentService {
    func explain(
        _ request: Keel_V1_ExplainRequest,
        _ call: Call
    ) async throws(CallFailure) -> Keel_V1_ExplainResponse {
        let boots = request.boots == 0 ? 3 : Int(request.boots)
        let lines = request.lines == 0 ? 20 : Int(request.lines)
        let (disk, bootID) = (place.disk, host.bootID)
        // A disk whose table or record cannot be read may still have accounts.
        let node = try? await reader.read().node
        do throws(AgentError) {
            return try await Offload.run("explain") { () throws(AgentError) in
                let accounts = try accounts(on: disk)
                var response = Keel_V1_ExplainResponse()
                response.remarks = node?.neverBegun(among: accounts.map(\.entry)) ?? []
                response.boots = accounts.prefix(boots).map { account in
                    Keel_V1_BootAccount(
                        account.entry,
                        text: account.text,
                        lineCount: lines,
                        currentBoot: bootID
                    )
                }
                return response
            }
        } catch {
            throw CallFailure(error)
        }
    }
}

private func accounts(on disk: String) throws(AgentError) -> [BlackBoxRing.Account] {
    do { return try BlackBoxRing.accounts(onDisk: disk, hashing: OpenSSLHashing()) } catch {
        throw .node(error)
    }
}
