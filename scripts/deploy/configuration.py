"""Checks of configurations that deploy/ hands to the services."""

import functools
import os
import pathlib
import re
import secrets
import subprocess
import sys

try:
    import tomllib
except ImportError:  # before Python 3.11
    import tomli as tomllib

SERVICES = ("invoicing", "payments", "credit-risk", "collections", "reporting")
REFERENCE = pathlib.Path("docs/configuration.md")
# Where the services find their files.
MOUNT = "/etc/quittance"


class Problem(Exception):
    """Something in deploy/ is not as it should be."""


@functools.cache
def known_settings():
    """The names of all settings by the reference, `kafka.properties.<name>` for free ones; None without a reference."""
    if not REFERENCE.is_file():
        return None
    names = re.findall(r"^\| `([a-z_.]+(?:<name>)?)` \| `QUITTANCE_", REFERENCE.read_text(), re.MULTILINE)
    if len(names) < 20:
        raise Problem(f"{REFERENCE}: only {len(names)} settings were found in it")
    return frozenset(names)


def leaves(table, path=()):
    for name, value in table.items():
        if isinstance(value, dict) and set(value) != {"file"}:
            yield from leaves(value, (*path, name))
        else:
            yield (*path, name)


def check_names(paths, where):
    known = known_settings()
    if known is None:
        return
    for path in paths:
        if ".".join(path) not in known and ".".join((*path[:-1], "<name>")) not in known:
            raise Problem(f"{where}: unknown setting {'.'.join(path)}")


def parse_toml(text, where):
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise Problem(f"{where}: not TOML: {error}\n{text}") from error


def write_placeholders(folder):
    """Placeholders for the content of Secrets, in the right form."""
    folder = pathlib.Path(folder)
    for name in ("database", "kafka", "tls"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    url = "postgres://quittance_{0}:placeholder@database/placeholder?sslmode=verify-full&sslrootcert={1}/database/ca.crt\n"
    for role in ("app", "system", "owner"):
        (folder / "database" / role).write_text(url.format(role, MOUNT))
        for service in SERVICES:
            (folder / f"{service}-{role}").write_text(url.format(role, MOUNT))
    (folder / "kafka/password").write_text("placeholder\n")
    for name in ("service-key", "service-key-previous"):
        (folder / name).write_bytes(secrets.token_bytes(32))
    (folder / "jwks.json").write_text('{"keys": [{"kty": "oct", "alg": "HS256", "k": "cGxhY2Vob2xkZXJwbGFjZWhvbGRlcnBsYWNlaG9sZGVy"}]}')
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj", "/CN=placeholder",
         "-keyout", folder / "tls/tls.key", "-out", folder / "tls/tls.crt"],
        check=True, capture_output=True,
    )
    certificate = (folder / "tls/tls.crt").read_text()
    for name in ("tls/ca.crt", "kafka/ca.crt", "database/ca.crt"):
        (folder / name).write_text(certificate)


def check_by_program(program, arguments, variables, where):
    """Lets the service itself judge. It gets no variables of ours but these."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("QUITTANCE_")}
    done = subprocess.run([program, *arguments, "--check"], env={**environment, **variables}, capture_output=True, text=True, timeout=30)
    if done.returncode != 0:
        raise Problem(f"{where}: {program} refuses it:\n{done.stderr or done.stdout}")


def find_programs(folder):
    """The program of each service; all have to be there."""
    programs = {service: pathlib.Path(folder).resolve() / f"quittance-{service}" for service in SERVICES}
    for program in programs.values():
        if not os.access(program, os.X_OK):
            raise Problem(f"QUITTANCE_PROGRAMS: program {program} is missing")
    return programs


def how_names_are_checked(programs):
    if programs:
        return "by the services themselves"
    if known_settings() is not None:
        return f"names by {REFERENCE}"
    return f"only as TOML: there is no {REFERENCE}, and QUITTANCE_PROGRAMS names no programs"


def run(main):
    """Runs a check; what is wrong is said without a trace."""
    try:
        main()
    except Problem as problem:
        print(f"deploy-check: {problem}", file=sys.stderr)
        sys.exit(1)
