"""Lines in the layout of the official directory, for tests."""

from registry.directory.reading import Directory, read

DAY = "20201231"


def state(key: str = "08", day: str = DAY) -> str:
    return f"10{day}{key:<12}Baden-Württemberg"


def district(key: str = "08119", name: str = "Rems-Murr-Kreis", kind: str = "44") -> str:
    return f"40{DAY}{key:<12}{name:<50}{'':50}{kind}"


def municipality(
    *,
    ags: str = "08119085",
    association: str = "5006",
    name: str = "Winnenden, Stadt",
    kind: str = "67",
    area: str = "2805",
    population: str = "28495",
    postcode: str = "71364",
    day: str = DAY,
) -> str:
    head = f"60{day}{ags:<8}{association:<4}{name:<50}{'':50}{kind:<2}{'':4}"
    return f"{head}{area:0>11}{population:0>11}{'0':0>11}{'':4}{postcode:<5}"


def directory(*lines: str) -> Directory:
    return read(f"{line}\n".encode() for line in lines)
