import numpy as np
import pytest

from workers.pharaoh import PharaohError, links_to_pharaoh, pharaoh_to_links, scores_to_text


@pytest.mark.parametrize(
    ("line", "links"),
    [
        ("", []),
        ("  \t", []),
        ("0-0", [(0, 0)]),
        ("2-1 0-3 2-1 0-0", [(0, 0), (0, 3), (2, 1)]),
        ("10-2\t1-12", [(1, 12), (10, 2)]),
    ],
)
def test_it_reads_a_line(line: str, links: list[tuple[int, int]]) -> None:
    found = pharaoh_to_links(line)
    assert found.shape == (len(links), 2) and found.dtype == np.int32
    assert [tuple(link) for link in found.tolist()] == links


@pytest.mark.parametrize("text", ["1", "1-", "-1-2", "a-b", "1p2", "1-2-3", "1.0-2", "²-1"])
def test_it_names_what_is_no_link(text: str) -> None:
    with pytest.raises(PharaohError, match="is not a link; expected i-j"):
        pharaoh_to_links(f"0-0 {text}")


def test_it_checks_links_against_the_sentences() -> None:
    assert len(pharaoh_to_links("2-1", n_source=3, n_target=2)) == 1
    with pytest.raises(PharaohError, match="link 3-1: the source has 3 tokens, numbered 0 to 2"):
        pharaoh_to_links("3-1", n_source=3, n_target=2)
    with pytest.raises(PharaohError, match="link 2-2: the target has 2 tokens, numbered 0 to 1"):
        pharaoh_to_links("2-2", n_source=3, n_target=2)
    with pytest.raises(PharaohError, match="link 0-0: the source has no tokens"):
        pharaoh_to_links("0-0", n_source=0)


def test_it_writes_what_it_reads() -> None:
    links = np.array([(0, 0), (0, 3), (12, 1)], np.int32)
    assert links_to_pharaoh(links) == "0-0 0-3 12-1"
    assert pharaoh_to_links(links_to_pharaoh(links)).tolist() == links.tolist()
    assert links_to_pharaoh(np.zeros((0, 2), np.int32)) == ""
    assert scores_to_text([1.0, 0.1234567]) == "1.000000 0.123457"
