"""What the tests run in the cluster: the network of each node's pods, and pods that serve."""

import hashlib
import json
import pathlib
import subprocess
import sys
import tarfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path.append(str(HERE.parents[1] / "image"))

import oci  # noqa: E402

# No registry has it: the nodes' releases carry it.
IMAGE = "registry.example.com/keelos/worker:1"
# Only a mirror has it.
MIRRORED = "registry.example.com/keelos/worker:mirrored"
PORT = 8080
_NODE = {"name": "NODE", "valueFrom": {"fieldRef": {"fieldPath": "spec.nodeName"}}}


def image(folder):
    """The archive of the image of `worker.c`, for `--preload`."""
    program, path = folder / "worker", folder / "worker.tar"
    subprocess.run(["gcc", "-Os", "-static", "-s", "-Wl,--build-id=none", "-Wall", "-Werror", "-o",
                    program, HERE / "worker.c"], check=True, timeout=120)
    path.write_bytes(oci.archive(IMAGE, {"/worker": program.read_bytes()}, ["/worker"]))
    return path


def mirror(folder, served):
    """`MIRRORED` in a web server's folder, as a registry answers. Needs the program of `image`.

    Source: OCI distribution-spec 1.0, "Pulling manifests" and "Pulling blobs".
    """
    path = folder / "mirrored.tar"
    files = {"/worker": (folder / "worker").read_bytes(), "/mirrored": b"\n"}
    path.write_bytes(oci.archive(MIRRORED, files, ["/worker"]))
    name, tag = MIRRORED.partition("/")[2].rsplit(":")
    place = served / "v2" / name
    for kind in ("manifests", "blobs"):
        (place / kind).mkdir(parents=True, exist_ok=True)
    with tarfile.open(path) as tar:
        index = json.load(tar.extractfile("index.json"))
        manifest = index["manifests"][0]["digest"]
        for member in tar:
            if member.name.startswith("blobs/"):
                data = tar.extractfile(member).read()
                digest = "sha256:" + hashlib.sha256(data).hexdigest()
                kind, names = ("manifests", (digest, tag)) if digest == manifest else (
                    "blobs", (digest,))
                for one in names:
                    (place / kind / one).write_bytes(data)


def network():
    """(path, object) of what gives each node's pods their network, as CNI plugins do it."""
    container = _container("wires", "wires", volumeMounts=[{"name": "host", "mountPath": "/host"}])
    spec = {"hostNetwork": True, "terminationGracePeriodSeconds": 5, "containers": [container],
            "tolerations": [{"operator": "Exists"}],
            "volumes": [{"name": "host", "hostPath": {"path": "/etc/cni/net.d"}}]}
    return ("/apis/apps/v1/namespaces/kube-system/daemonsets", {
        "metadata": {"name": "wires"},
        "spec": {"selector": {"matchLabels": {"app": "wires"}},
                 "template": {"metadata": {"labels": {"app": "wires"}}, "spec": spec}}})


def pod(name, grace=10, linger=0, image_name=IMAGE, **more):
    """(path, object) of a pod that serves, and says itself whether it is ready."""
    spec = _serving(grace, linger)
    spec["containers"][0]["image"] = image_name
    return ("/api/v1/namespaces/default/pods", {
        "metadata": {"name": name, "labels": {"app": name}}, "spec": {**spec, **more}})


def deployment(name, replicas, grace=10, linger=0, **more):
    """(path, object) of such pods, kept at a number."""
    return ("/apis/apps/v1/namespaces/default/deployments", {
        "metadata": {"name": name},
        "spec": {"replicas": replicas, "selector": {"matchLabels": {"app": name}},
                 "template": {"metadata": {"labels": {"app": name}},
                              "spec": {**_serving(grace, linger), **more}}}})


def status(api, name):
    """What the cluster knows of this pod; None when there is none."""
    pods = api.get("/api/v1/namespaces/default/pods")["items"]
    return next((one["status"] for one in pods if one["metadata"]["name"] == name), None)


def is_ready(api, name):
    conditions = (status(api, name) or {}).get("conditions", [])
    return any(one["type"] == "Ready" and one["status"] == "True" for one in conditions)


def _serving(grace, linger):
    # An emulated node needs more than the usual second for its answer.
    probe = {"httpGet": {"path": "/ready", "port": PORT}, "periodSeconds": 2, "timeoutSeconds": 20}
    container = _container("worker", "serve", str(PORT), readinessProbe=probe,
                           resources={"limits": {"memory": "64Mi", "cpu": "200m"}})
    container["env"].append({"name": "LINGER", "value": str(linger)})
    return {"terminationGracePeriodSeconds": grace, "containers": [container]}


def _container(name, *words, **more):
    return {"name": name, "image": IMAGE, "imagePullPolicy": "IfNotPresent", "args": list(words),
            "env": [_NODE], **more}
