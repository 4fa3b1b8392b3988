"""The sender of an SMS as it comes back in an answer: carriers write numbers in forms of their own."""


def forms_of_sender(address: str) -> tuple[str, ...]:
    """Return the senders a company may have registered whose answers come to ``address``.

    ``0312345678``, ``81312345678`` and ``+81312345678`` are the same; letters stand as they are.
    """
    digits = address.removeprefix("+")
    if not (digits.isascii() and digits.isdigit()):
        return (address,)
    national = f"0{digits[2:]}" if digits.startswith("81") and len(digits) > 10 else digits
    forms = [address, digits, national]
    if national.startswith("0"):
        forms += [f"81{national[1:]}", f"+81{national[1:]}"]
    return tuple(dict.fromkeys(forms))
