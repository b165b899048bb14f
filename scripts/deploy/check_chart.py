"""Renders the chart with every combination of its switches and checks what comes out."""

import argparse
import functools
import itertools
import pathlib
import subprocess
import tempfile

import kubernetes_validate
import yaml
from kubernetes_validate import utils

import configuration
from configuration import MOUNT, Problem

VERSIONS = ("1.29", "1.32", "1.35")
# Kinds of other projects, for which Kubernetes has no schema.
FOREIGN_KINDS = {"ServiceMonitor"}
SWITCHES = {
    "tls": "tls.enabled",
    "monitoring": "monitoring.enabled",
    "service monitor": "monitoring.serviceMonitor.enabled",
    "migrations": "migrations.enabled",
}
# An account that is not the chart's.
GIVEN_ACCOUNT = "given"
# Mistakes that the chart must refuse, most by its values.schema.json.
WRONG_VALUES = (
    "tls.enable=true",
    "replicas=two",
    "services.invoices.replicas=2",
    "services.payments.settings.listen=0.0.0.0:1",
    "keys.url=http://plain",
    "databases.connections=100",
    "image.digest=latest",
)

# The schemas are large; each is read once.
utils.schema_contents = functools.cache(utils.schema_contents)


def render(helm, chart, version, values, switches=()):
    command = [helm, "template", "quittance", chart, "--kube-version", f"{version}.0", "--values", f"{chart}/ci/{values}-values.yaml"]
    for switch in switches:
        command += ["--set", switch]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        raise Problem(f"{' '.join(command)}:\n{done.stderr}")
    return [document for document in yaml.safe_load_all(done.stdout) if document]


def validate(document, version):
    name = f"{document['kind']} {document['metadata']['name']}"
    try:
        kubernetes_validate.validate(document, version, strict=True)
    except kubernetes_validate.ValidationError as error:
        raise Problem(f"{name} is not valid in Kubernetes {version}: {'.'.join(map(str, error.path))}: {error.message}") from error
    except (utils.SchemaNotFoundError, kubernetes_validate.VersionNotSupportedError) as error:
        raise Problem(f"{name}: {error.message}") from error


def check_pod(name, spec):
    """What must hold for every pod, whatever the values."""
    security = spec["securityContext"]
    rules = {
        "runs as root": security.get("runAsNonRoot") is True,
        "has no seccomp profile": security["seccompProfile"]["type"] == "RuntimeDefault",
        "mounts a token of its account": spec["automountServiceAccountToken"] is False,
        "gets variables of other Services": spec["enableServiceLinks"] is False,
    }
    for container in spec["containers"]:
        own = container["securityContext"]
        rules |= {
            "can gain privileges": own["allowPrivilegeEscalation"] is False,
            "can write to its image": own["readOnlyRootFilesystem"] is True,
            "keeps capabilities": own["capabilities"]["drop"] == ["ALL"],
            "has no limit of memory": "memory" in container["resources"].get("limits", {}),
            "has no fixed version": ":latest" not in container["image"] and (":" in container["image"] or "@" in container["image"]),
            "has a secret in a variable": not any("valueFrom" in variable for variable in container.get("env", [])),
        }
    for broken, holds in rules.items():
        if not holds:
            raise Problem(f"{name}: it {broken}")


def check_grace(name, deployment, toml):
    """The pod's time to end covers what happens in it."""
    spec = deployment["spec"]["template"]["spec"]
    (container,) = spec["containers"]
    stop = container["lifecycle"]["preStop"]
    pre_stop = int(stop["sleep"]["seconds"] if "sleep" in stop else stop["exec"]["command"][-1])
    if spec["terminationGracePeriodSeconds"] < pre_stop + toml["drain_seconds"] + 15:
        raise Problem(f"{name}: it is killed before its calls have drained")


def projected(spec):
    """The files that a pod finds in its folder, by path: (kind, name of the object, key)."""
    (volume,) = [volume for volume in spec["volumes"] if "projected" in volume]
    files = {}
    for source in volume["projected"]["sources"]:
        ((kind, content),) = source.items()
        for item in content["items"]:
            files[item["path"]] = (kind, content["name"], item["key"])
    return files


def strings(value):
    if isinstance(value, dict):
        for inner in value.values():
            yield from strings(inner)
    elif isinstance(value, str):
        yield value


def check_files(name, files, toml):
    """Every file that the configuration names is mounted."""
    for text in strings(toml):
        if text.startswith(f"{MOUNT}/") and text.removeprefix(f"{MOUNT}/") not in files:
            raise Problem(f"{name}: its configuration names {text}, which is not mounted")


def check_objects(documents):
    """Everything that belongs together by name does, and every pod has its configuration. Returns the configurations by service and text."""
    hooks = {(document["kind"], document["metadata"]["name"]): "helm.sh/hook" in document["metadata"].get("annotations", {}) for document in documents}
    if len(hooks) != len(documents):
        raise Problem("two objects have the same kind and name")
    configurations, parsed = {}, {}
    for document in documents:
        if document["kind"] == "ConfigMap":
            name = document["metadata"]["name"]
            for key, text in document["data"].items():
                if key.endswith(".toml"):
                    parsed[name, key] = configuration.parse_toml(text, f"{name}, {key}")
                    configurations[key.removesuffix(".toml"), text] = f"ConfigMap {name}, {key}", parsed[name, key]
    for document in documents:
        if document["kind"] in ("Deployment", "Job"):
            check_workload(document, hooks, parsed)
    return configurations


def check_workload(document, hooks, parsed):
    name = f"{document['kind']} {document['metadata']['name']}"
    spec = document["spec"]["template"]["spec"]
    check_pod(name, spec)
    files = projected(spec)
    needed = {("ConfigMap", of) for kind, of, _ in files.values() if kind == "configMap"}
    if spec["serviceAccountName"] != GIVEN_ACCOUNT:
        needed.add(("ServiceAccount", spec["serviceAccountName"]))
    for other in needed:
        if other not in hooks:
            raise Problem(f"{name} needs {' '.join(other)}, which is not there")
        if document["kind"] == "Job" and not hooks[other]:
            raise Problem(f"{name} runs before {' '.join(other)} is there")
    _, config_map, key = files["config.toml"]
    toml = parsed[config_map, key]
    check_files(name, files, toml)
    if document["kind"] == "Deployment":
        check_grace(name, document, toml)
        if "database/owner" in files:
            raise Problem(f"{name}: a service has no use for the owner's login")


def check_configuration(service, text, where, toml, programs, folder):
    configuration.check_names(configuration.leaves(toml), where)
    if programs:
        file = pathlib.Path(folder) / "config.toml"
        file.write_text(text.replace(f"{MOUNT}/", f"{folder}/"))
        configuration.check_by_program(programs[service], ["--config", file], {}, where)


def check_refusals(helm, chart):
    """The checks themselves find what they are for."""
    for wrong in WRONG_VALUES:
        try:
            render(helm, chart, VERSIONS[0], "minimal", [wrong])
        except Problem:
            continue
        raise Problem(f"the chart does not refuse {wrong}")
    done = subprocess.run([helm, "template", "quittance", chart], capture_output=True, text=True)
    if done.returncode == 0 or "kafka.brokers is required" not in done.stderr:
        raise Problem("the chart does not ask for kafka.brokers")
    document = next(document for document in render(helm, chart, VERSIONS[0], "minimal") if document["kind"] == "Deployment")
    document["spec"]["template"]["spec"]["containers"][0]["readinessProbes"] = {}
    try:
        validate(document, VERSIONS[0])
    except Problem:
        return
    raise Problem("a field that does not exist is not found")


def combinations():
    """The values file and switches of every case."""
    for states in itertools.product(("true", "false"), repeat=len(SWITCHES)):
        yield "minimal", [f"{switch}={state}" for switch, state in zip(SWITCHES.values(), states)]
    yield "all", []
    yield "all", ["topics.enabled=false", "migrations.enabled=false"]
    yield "minimal", [f"serviceAccount.create=false,serviceAccount.name={GIVEN_ACCOUNT}"]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--helm", required=True)
    parser.add_argument("--chart", required=True)
    parser.add_argument("--programs")
    flags = parser.parse_args()
    programs = configuration.find_programs(flags.programs) if flags.programs else None

    check_refusals(flags.helm, flags.chart)
    cases, valid, configurations = 0, set(), {}
    for version in VERSIONS:
        for values, switches in combinations():
            cases += 1
            documents = render(flags.helm, flags.chart, version, values, switches)
            for document in documents:
                text = yaml.safe_dump(document)
                if document["kind"] not in FOREIGN_KINDS and (version, text) not in valid:
                    validate(document, version)
                    valid.add((version, text))
            configurations |= check_objects(documents)
    with tempfile.TemporaryDirectory() as folder:
        if programs:
            configuration.write_placeholders(folder)
        for (service, text), (where, toml) in configurations.items():
            check_configuration(service, text, where, toml, programs, folder)
    print(
        f"{cases} renderings, {len(valid)} objects valid in Kubernetes {', '.join(VERSIONS)}, {len(configurations)} configurations"
        f" ({configuration.how_names_are_checked(programs)})"
    )


if __name__ == "__main__":
    configuration.run(main)
