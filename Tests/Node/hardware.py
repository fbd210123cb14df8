"""Other controllers, sectors, neighbours and firmware: up to a new release and back on each."""

import dataclasses
import pathlib
import shutil

import boot
from node import DONE
from report import expect_equal
from scene import first_boot


@dataclasses.dataclass(frozen=True)
class Row:
    name: str
    controller: str = "virtio"
    sector_size: int = 512
    twin: str = ""  # where on the bus another disk is whose partitions have the same names
    variables: str = ""  # what has become of the firmware's variable store
    is_metal: bool = False
    core: bool = False


def rows():
    return [
        Row("a disk on SCSI", "scsi"), Row("a disk on NVMe", "nvme"),
        Row("a disk on AHCI, with the kernel of real machines", "ahci", is_metal=True),
        Row("a disk with sectors of 4096 bytes", sector_size=4096, core=True),
        Row("another disk of ours before it on the bus", twin="before"),
        Row("another disk of ours behind it on the bus", twin="after"),
        Row("a variable store that is only read", variables="read-only"),
        Row("a variable store that is wiped at each power-on", variables="wiped"),
    ]


def run(scene, report):
    wanted = scene.draw(rows(), lambda row: row.core)
    for row, ended in scene.together(lambda row: one(scene, row), wanted):
        with report.test(f"{row.name}: a node goes up to a new release, and back"):
            ended.result()


def one(scene, row):
    releases = scene.metal.releases if row.is_metal else scene.releases
    place = (releases.served / releases.good("1.1.0")).relative_to(scene.releases.served)
    options = {"controller": row.controller, "sector_size": row.sector_size}
    folder = scene.folder / f"hardware-{wordless(row.name)}"
    if row.twin:
        twin = pathlib.Path(f"{folder}-twin.img")
        shutil.copyfile(scene.releases.first(), twin)
        options[row.twin] = [twin]
    if row.variables == "read-only":
        options["read_only_variables"] = True
    source = None
    if row.sector_size != 512:
        source = large_sectors(scene, row.sector_size)
    with scene.node(folder.name, row.is_metal, source=source, **options) as node:
        wipe(node, row)
        node.osctl("upgrade", "--reboot", f"{scene.address}/{place}", within=1200).must(
            DONE, "1.1.0 runs and is trusted")
        wipe(node, row)
        node.osctl("rollback", "--reboot", within=1200).must(DONE, "1.0.0 runs and is trusted")
        expect_equal(node.slots()["running"], "a", "the running slot")


def wordless(name):
    return "".join(letter if letter.isalnum() else "-" for letter in name)


def wipe(node, row):
    """Switches the node off and on, its variable store as it came from the factory."""
    if row.variables != "wiped":
        return
    node.osctl("shutdown").must()
    node.machine.end(180)
    shutil.copyfile(boot.VARIABLES, node.machine.variables)
    node.machine.start()
    node.answers(600)


def large_sectors(scene, size):
    """Makes a taken node whose disk counts in `size` bytes: a function of the port it is for."""
    def taken(port):
        folder = scene.folder / f"sectors-{size}"
        if not folder.exists():
            folder.mkdir()
            first_boot(scene.programs, scene.releases, folder, port, sector_size=size)
        return folder
    return taken
