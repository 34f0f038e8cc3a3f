"""Which IP addresses lie on the public internet, and nowhere nearer."""

from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address

# All that is handed out to the public (RFC 4291, IANA). Outside lie loopback,
# link-local, private, multicast, IPv4-mapped, IPv4-translated and NAT64 addresses.
PUBLIC_IPV6 = IPv6Network("2000::/3")
# Inside it, but special, or a wrapping of an IPv4 address.
SPECIAL_IPV6 = tuple(
    map(
        IPv6Network,
        (
            "2001::/23",  # Teredo, benchmarks, ORCHID and more (RFC 2928)
            "2001:db8::/32",  # documentation
            "2002::/16",  # 6to4 wraps any IPv4 address
            "3fff::/20",  # documentation (RFC 9637)
        ),
    )
)
# What `is_global` of Python lets through.
SPECIAL_IPV4 = tuple(
    map(
        IPv4Network,
        (
            "168.63.129.16/32",  # the host under a machine in Azure
            "192.88.99.0/24",  # relays of 6to4 (RFC 7526)
        ),
    )
)


def is_public(text: str) -> bool:
    """Whether an IP address, as a resolver gives it, may be connected to."""
    try:
        address = ip_address(text)
    except ValueError:
        return False
    if isinstance(address, IPv6Address):
        # With a scope the address is one of this link, whatever it looks like.
        is_inside = address in PUBLIC_IPV6 and address.scope_id is None
        return is_inside and not any(address in block for block in SPECIAL_IPV6)
    return (
        address.is_global
        and not address.is_multicast
        and not address.is_reserved
        and not any(address in block for block in SPECIAL_IPV4)
    )
