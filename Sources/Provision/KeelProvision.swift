import Syscalls

/// Finds, makes or checks the data partition of a node's disk.
///
/// Started by the first process before anything is mounted on `/var/lib/keel`. The answer is one
/// line of JSON: data (the partition's node), state (ready, made, repaired, readonly, absent,
/// foreign), grown (1 when the disk was larger than its table), partuuid (the running slot's
/// identity now), sentence. Ends with 0 when the partition can be written to, with 1 when it
/// cannot, with 64 for wrong usage.
@main
enum KeelProvision {
    static func main() {
        let order: Order
        do throws(Order.Misuse) {
            order = try Order(Array(CommandLine.arguments.dropFirst()))
        } catch {
            refuse(error)
            CurrentProcess.end(64)
        }
        let answer = Provisioning(
            disk: order.disk,
            partition: order.partition,
            runFolder: order.runFolder
        ).run()
        print(answer.line)
        if !answer.state.isUsable { CurrentProcess.end(1) }
    }

    private static func refuse(_ misuse: Order.Misuse) {
        let text = Array("keel-provision: \(misuse.sentence)\n\(Order.usage)\n".utf8)
        // Without anywhere to say it the end code still does.
        do { try StandardError.write(text.span) } catch {}
    }
}
