"""Checks the compose file as its loader has read it: what it names is there, and every service takes its settings."""

import argparse
import json
import pathlib
import tempfile

import configuration
from configuration import MOUNT, SERVICES, Problem

# Files created by the one-shot service: deploy/compose/make-secrets.
SECRETS = {"jwks.json", "service-key"} | {f"{service}-{role}" for service in SERVICES for role in ("owner", "app", "system")}


def check_settings(service, variables):
    """Every variable is a setting, and every file that one names is made."""
    for name, value in variables.items():
        path = tuple(name.removeprefix("QUITTANCE_").removesuffix("_FILE").lower().split("__"))
        configuration.check_names([path], f"{service}, {name}")
        if value.startswith(f"{MOUNT}/") and value.removeprefix(f"{MOUNT}/") not in SECRETS:
            raise Problem(f"{service}: {name} names {value}, which is not made")


def check_dependencies(service, services):
    """A service starts after its database was migrated and the topics are there; a migration after the database is."""
    needs = {"migrate-" + service: "service_completed_successfully", "topics": "service_completed_successfully"}
    of_migration = {"secrets": "service_completed_successfully", "postgres": "service_healthy"}
    for name, needed in ((service, needs), ("migrate-" + service, of_migration)):
        found = {other: dependency["condition"] for other, dependency in services[name].get("depends_on", {}).items()}
        if found != needed:
            raise Problem(f"{name} depends on {found}, not on {needed}")
    if services["migrate-" + service]["command"] != ["quittance", "migrate", service]:
        raise Problem(f"migrate-{service} runs {services['migrate-' + service]['command']}")


def check_hardening(name, service):
    if service.get("read_only") is not True or service.get("cap_drop") != ["ALL"] or service.get("security_opt") != ["no-new-privileges:true"]:
        raise Problem(f"{name}: it may write to its image or has privileges")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file")
    parser.add_argument("--programs")
    flags = parser.parse_args()
    programs = configuration.find_programs(flags.programs) if flags.programs else None
    services = json.loads(pathlib.Path(flags.file).read_text())["services"]
    for name, service in services.items():
        for volume in service.get("volumes", []):
            if volume["type"] == "bind" and not pathlib.Path(volume["source"]).is_file():
                raise Problem(f"{name}: file {volume['source']} is missing")
        if service["image"].startswith("quittance:") and name != "secrets":
            check_hardening(name, service)
    with tempfile.TemporaryDirectory() as folder:
        if programs:
            configuration.write_placeholders(folder)
        for name in SERVICES:
            check_dependencies(name, services)
            if "test" not in services[name].get("healthcheck", {}):
                raise Problem(f"{name}: no health check")
            for of in (name, f"migrate-{name}"):
                check_settings(of, services[of]["environment"])
            if programs:
                variables = {key: value.replace(MOUNT, folder) for key, value in services[name]["environment"].items()}
                configuration.check_by_program(programs[name], [], variables, f"deploy/compose.yaml, {name}")
    print(f"{len(services)} services; settings of {len(SERVICES)} ({configuration.how_names_are_checked(programs)})")


if __name__ == "__main__":
    configuration.run(main)
