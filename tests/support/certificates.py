"""Certificates for tests, made by OpenSSL's command."""

import subprocess
from pathlib import Path


def openssl(*arguments, folder):
    subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True, timeout=60)


def authority(folder: Path, name: str) -> Path:
    """Make a certificate authority and return its certificate; its key is beside it."""
    openssl(
        "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
        "-subj", f"/CN={name}", "-keyout", f"{name}.key", "-out", f"{name}.pem",
        "-addext", "basicConstraints=critical,CA:TRUE", "-addext", "keyUsage=critical,keyCertSign,cRLSign",
        folder=folder,
    )  # fmt: skip
    return folder / f"{name}.pem"


def signed(folder: Path, by: str, name: str) -> tuple[Path, Path]:
    """Make a certificate of localhost that an authority has signed; return it and its key."""
    openssl(
        "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
        "-subj", f"/CN={name}", "-keyout", f"{name}.key", "-out", f"{name}.pem",
        "-CA", f"{by}.pem", "-CAkey", f"{by}.key",
        "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-addext", "basicConstraints=critical,CA:FALSE",
        folder=folder,
    )  # fmt: skip
    return folder / f"{name}.pem", folder / f"{name}.key"
