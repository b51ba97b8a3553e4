"""Certificates, keys and kubeconfigs of a native cluster. Valid for a year; a cluster lives for hours."""

import datetime as dt
import ipaddress
import json
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from tools.localcluster.native.layout import (
    API_PORT,
    API_SERVICE_ADDRESS,
    CLUSTER_DOMAIN,
    NODE_ADDRESS,
    NODE_NAME,
    Layout,
)

LIFETIME = dt.timedelta(days=365)

SERVER_NAMES = (
    "localhost",
    "kubernetes",
    "kubernetes.default",
    "kubernetes.default.svc",
    f"kubernetes.default.svc.{CLUSTER_DOMAIN}",
)
SERVER_ADDRESSES = ("127.0.0.1", NODE_ADDRESS, API_SERVICE_ADDRESS)

IDENTITIES = {
    "admin": ("kubernetes-admin", "system:masters"),
    "controller-manager": ("system:kube-controller-manager", None),
    "scheduler": ("system:kube-scheduler", None),
    "kube-proxy": ("system:kube-proxy", None),
    "kubelet": (f"system:node:{NODE_NAME}", "system:nodes"),
    "coredns": ("coredns", "system:masters"),
    "metrics-server": ("metrics-server", "system:masters"),
    "local-path-provisioner": ("local-path-provisioner", "system:masters"),
}
"""Program to its user and group. The last three have the run of this throw-away cluster, as it has no other tenants."""


@dataclass(frozen=True, slots=True)
class Authority:
    """A certificate authority that exists only while the files are written: its key is not kept."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    def issue(self, folder: Path, name: str, subject: tuple[str, str | None], *, server: bool = False) -> None:
        """Write `<name>.crt` and `<name>.key` for a client, or for the API server with its names."""
        key = ec.generate_private_key(ec.SECP256R1())
        usage = ExtendedKeyUsageOID.SERVER_AUTH if server else ExtendedKeyUsageOID.CLIENT_AUTH
        builder = _build_certificate(_build_name(*subject), key, issuer=self.certificate.subject)
        builder = builder.add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
        if server:
            names: list[x509.GeneralName] = [x509.DNSName(host) for host in SERVER_NAMES]
            names += [x509.IPAddress(ipaddress.ip_address(address)) for address in SERVER_ADDRESSES]
            builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
        _write_pair(folder, name, builder.sign(self.key, hashes.SHA256()), key)


def create_authority(folder: Path, name: str) -> Authority:
    """Make an authority and write its certificate as `<name>.crt`."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = _build_name(name, None)
    builder = _build_certificate(subject, key, issuer=subject)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    certificate = builder.sign(key, hashes.SHA256())
    (folder / f"{name}.crt").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    return Authority(certificate, key)


def write_pki(layout: Layout, *, forwarded_port: int) -> None:
    """Write every certificate, the service account key and one kubeconfig per program, and the admin's for the host."""
    layout.pki.mkdir(parents=True, mode=0o700)
    authority = create_authority(layout.pki, "ca")
    authority.issue(layout.pki, "apiserver", ("kube-apiserver", None), server=True)
    authority.issue(layout.pki, "apiserver-kubelet-client", ("kube-apiserver-kubelet-client", "system:masters"))
    front = create_authority(layout.pki, "front-proxy-ca")
    front.issue(layout.pki, "front-proxy-client", ("front-proxy-client", None))
    account_key = ec.generate_private_key(ec.SECP256R1())
    _write_private_key(layout.pki / "service-account.key", account_key)
    public = account_key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    (layout.pki / "service-account.pub").write_bytes(public)
    for program, subject in IDENTITIES.items():
        authority.issue(layout.pki, program, subject)
        inside = f"https://{NODE_ADDRESS}:{API_PORT}"
        _write_kubeconfig(layout, program, inside, layout.pki / f"{program}.kubeconfig")
    _write_kubeconfig(layout, "admin", f"https://127.0.0.1:{forwarded_port}", layout.kubeconfig)


def _build_name(common: str, organization: str | None) -> x509.Name:
    attributes = [x509.NameAttribute(NameOID.COMMON_NAME, common)]
    if organization:
        attributes.append(x509.NameAttribute(NameOID.ORGANIZATION_NAME, organization))
    return x509.Name(attributes)


def _build_certificate(
    subject: x509.Name, key: ec.EllipticCurvePrivateKey, *, issuer: x509.Name
) -> x509.CertificateBuilder:
    now = dt.datetime.now(dt.UTC)
    builder = x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(key.public_key())
    builder = builder.serial_number(x509.random_serial_number())
    return builder.not_valid_before(now - dt.timedelta(hours=1)).not_valid_after(now + LIFETIME)


def _write_pair(folder: Path, name: str, certificate: x509.Certificate, key: ec.EllipticCurvePrivateKey) -> None:
    (folder / f"{name}.crt").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    _write_private_key(folder / f"{name}.key", key)


def _write_private_key(path: Path, key: ec.EllipticCurvePrivateKey) -> None:
    path.touch(mode=0o600)
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
        )
    )


def _write_kubeconfig(layout: Layout, program: str, server: str, path: Path) -> None:
    """Write a kubeconfig as JSON, which is YAML; the name tells clusters apart in prompts."""
    name = f"restaurantstack-{layout.root.name}"
    files = {"client-certificate": f"{layout.pki}/{program}.crt", "client-key": f"{layout.pki}/{program}.key"}
    content = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": name, "cluster": {"server": server, "certificate-authority": f"{layout.pki}/ca.crt"}}],
        "users": [{"name": program, "user": files}],
        "contexts": [{"name": name, "context": {"cluster": name, "user": program}}],
        "current-context": name,
    }
    path.touch(mode=0o600)
    path.write_text(json.dumps(content, indent=1))
