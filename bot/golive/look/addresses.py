"""Which IP addresses a check may reach. Add a range by adding one row to `_REFUSED`.

Sources: IANA's IPv4 and IPv6 special-purpose address registries (RFC 6890 and its updates) and the addresses at which
clouds serve instance credentials. IPv6 is turned around: only global unicast (RFC 4291, 2000::/3) is open at all.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_network

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network


@dataclass(frozen=True)
class Refusal:
    """Why an address is closed. by_name: whether listing a *host name* opens it; else only the address itself does."""

    what: str
    by_name: bool


_REFUSED: tuple[tuple[str, str, bool], ...] = (
    ("169.254.169.254/32", "a cloud metadata address", False),
    ("168.63.129.16/32", "a cloud metadata address", False),  # Azure's wire server, on an otherwise public address
    ("100.100.100.200/32", "a cloud metadata address", False),  # Alibaba Cloud
    ("fd00:ec2::254/128", "a cloud metadata address", False),  # AWS
    ("fd20:ce::254/128", "a cloud metadata address", False),  # Google Cloud
    ("127.0.0.0/8", "a loopback address", True),
    ("::1/128", "a loopback address", True),
    ("10.0.0.0/8", "a private address", True),
    ("172.16.0.0/12", "a private address", True),
    ("192.168.0.0/16", "a private address", True),
    ("fc00::/7", "a private address", True),
    ("100.64.0.0/10", "a carrier-grade NAT address", True),
    ("169.254.0.0/16", "a link-local address", False),
    ("fe80::/10", "a link-local address", False),
    ("224.0.0.0/4", "a multicast address", False),
    ("ff00::/8", "a multicast address", False),
    ("0.0.0.0/8", "a reserved address", False),
    ("192.0.0.0/24", "a reserved address", False),
    ("192.0.2.0/24", "a documentation address", False),
    ("192.88.99.0/24", "a 6to4 relay address", False),
    ("198.18.0.0/15", "a benchmarking address", False),
    ("198.51.100.0/24", "a documentation address", False),
    ("203.0.113.0/24", "a documentation address", False),
    ("240.0.0.0/4", "a reserved address", False),
    ("2001::/23", "a reserved address", False),  # Teredo (2001::/32) tunnels to IPv4 and lies in here
    ("2001:db8::/32", "a documentation address", False),
    ("2002::/16", "a 6to4 address", False),  # deprecated by RFC 7526, and a tunnel to the IPv4 address inside it
    ("3fff::/20", "a documentation address", False),
)
_CLOSED: tuple[tuple[Network, Refusal], ...] = tuple((ip_network(n), Refusal(w, b)) for n, w, b in _REFUSED)
_GLOBAL_UNICAST = IPv6Network("2000::/3")
_NAT64 = IPv6Network("64:ff9b::/96")


def closed_networks() -> Iterator[Network]:
    """Every network that is refused unless the operator lists it (IPv6 outside 2000::/3 comes on top)."""
    return (network for network, _ in _CLOSED)


def meant(address: Address) -> Address:
    """The address a packet ends at: the IPv4 inside an IPv4-mapped or NAT64 (RFC 6052) address, else itself."""
    if isinstance(address, IPv4Address):
        return address
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address


def refusal(address: Address) -> Refusal | None:
    """Why this address is closed, or None where it is an ordinary public one."""
    end = meant(address)
    for network, why in _CLOSED:
        if end in network:
            return why
    if isinstance(end, IPv6Address) and end not in _GLOBAL_UNICAST:
        return Refusal("not a public address", by_name=False)
    return None
