"""What every archive promises to whoever looks for something."""

from typing import Any

import msgspec
import pytest

from streaming.archive.kept import Batch, Filter, Kept
from streaming.archive.ports import Archive
from streaming.archive.store import Store
from streaming.errors import ClientFault
from tests.archives import SESSION, spoken, texts


async def test_words_and_phrases_are_found_whatever_their_case_and_accents(archive: Archive) -> None:
    lines = [
        spoken(1, "The Café is open"),
        spoken(2, "open the café, please"),
        spoken(3, "東京タワー"),
        spoken(4, "it's"),
    ]
    await archive.keep(Batch(SESSION, lines=lines))
    assert await texts(archive, "cafe OPEN") == [lines[0].text, lines[1].text]
    assert await texts(archive, '"the cafe"') == [lines[0].text, lines[1].text]
    assert await texts(archive, '"cafe is" the') == [lines[0].text]
    assert await texts(archive, "東京") == [lines[2].text]
    assert await texts(archive, "ITS") == ["it's"]
    assert await texts(archive, '"is the cafe"') == []
    hit = (await archive.search("desk", '"CAFE is"', Filter())).hits[0]
    assert [lines[0].text[start:end] for start, end in hit.spans] == ["Café is"]
    assert hit.line == lines[0]
    assert hit.session.session_id == "a1"
    with pytest.raises(ClientFault) as told:
        await archive.search("desk", ' "?!" ', Filter())
    assert told.value.code == "bad_query"


async def test_a_line_that_comes_again_is_found_by_its_new_words_only(archive: Archive) -> None:
    await archive.keep(Batch(SESSION, lines=[spoken(1, "my number is four")]))
    await archive.keep(Batch(SESSION, lines=[spoken(1, "my number is gone"), spoken(2, "")]))
    assert await texts(archive, "number") == ["my number is gone"]
    assert await texts(archive, "four") == []


@pytest.fixture
async def ten(archive: Archive) -> Archive:
    """An archive of ten sessions, two a millisecond, with two lines each."""
    for at in range(10):
        kept = Kept(
            *(f"s{at}", "desk", "transcribe", 1_000 + at // 2),
            channels=1 + at % 2,
            languages=["en", "de"][: 1 + at % 2],
            verdicts=["pii"] if at == 3 else [],
            metadata={"agent": "Ann" if at < 5 else "Bob", "line": str(at % 2)},
            origin="import" if at == 7 else "live",
        )
        await archive.keep(Batch(kept, lines=[spoken(1, f"hello {at}", at % 2), spoken(2, "hello again")]))
    return archive


async def test_lists_are_newest_first_and_filtered(ten: Archive) -> None:
    async def listed(**given: Any) -> str:
        return "".join(one.session_id[1:] for one in (await ten.sessions("desk", Filter(**given))).sessions)

    assert await listed() == "8967452301"
    assert await listed(since=1_002, until=1_004) == "6745"
    assert await listed(channel=1) == "97531"
    assert await listed(languages=["de", "fr"]) == "97531"
    assert await listed(verdicts=["pii"]) == "3"
    assert await listed(origins=["import"]) == "7"
    assert await listed(metadata={"agent": "Ann", "line": "1"}) == "31"
    assert await listed(metadata={"agent": "ann"}) == ""
    assert await listed(session_id="s3") == "3"


async def test_what_is_found_is_filtered_by_what_its_session_is(ten: Archive) -> None:
    async def found(**given: Any) -> str:
        hits = (await ten.search("desk", "again", Filter(**given))).hits
        return "".join(hit.session.session_id[1:] for hit in hits)

    assert await found() == "8967452301"
    assert await found(since=1_002, until=1_004) == "6745"
    assert await found(languages=["de", "fr"]) == "97531"
    assert await found(verdicts=["pii", "violence"]) == "3"
    assert await found(verdicts=["violence"]) == ""
    assert await found(origins=["import", "again"]) == "7"
    assert await found(origins=["again"]) == ""
    assert await found(metadata={"agent": "Ann", "line": "1"}) == "31"
    assert await found(verdicts=["pii"], origins=["import"]) == "", "each filter holds"


async def test_a_tenant_finds_only_its_own_also_where_another_has_the_same_key(archive: Store) -> None:
    """As when a key file was copied: words and metadata of both are the same tokens."""
    await archive.keep(Batch(SESSION, lines=[spoken(1, "hello")]))
    keyring = archive.vault.keyring
    theirs = keyring.path("desk").read_bytes().replace(b'"desk"', b'"lab"')
    keyring.path("lab").write_bytes(theirs)
    lab = msgspec.structs.replace(SESSION, session_id="b1", tenant="lab")
    await archive.keep(Batch(lab, lines=[spoken(1, "hello")]))
    tokens = [root.token("hello") for tenant in ("desk", "lab") for root in keyring.roots(tenant)]
    assert tokens[0] == tokens[1]
    for tenant, own in (("desk", "a1"), ("lab", "b1")):
        for wanted in (Filter(), Filter(metadata={"agent": "Ann"})):
            assert [
                hit.session.session_id for hit in (await archive.search(tenant, "hello", wanted)).hits
            ] == [own]
            assert [one.session_id for one in (await archive.sessions(tenant, wanted)).sessions] == [own]


async def test_lists_are_paged_without_a_gap_or_a_repetition(ten: Archive) -> None:
    pages, cursor = "", ""
    while cursor is not None:
        page = await ten.sessions("desk", Filter(), cursor=cursor, limit=3)
        pages += "".join(one.session_id[1:] for one in page.sessions)
        cursor = page.cursor
    assert pages == "8967452301"
    found: list[tuple[str, int]] = []
    cursor = ""
    while cursor is not None:
        hits = await ten.search("desk", "hello", Filter(channel=0), cursor=cursor, limit=4)
        found += [(hit.session.session_id[1:], hit.line.number) for hit in hits.hits]
        cursor = hits.cursor
    order = [(sid, number) for sid in "8967452301" for number in (1, 2)]
    assert found == [(sid, number) for sid, number in order if number == 2 or int(sid) % 2 == 0]
    assert len((await ten.search("desk", "hello", Filter(session_id="s3"))).hits) == 2
    for cursor in ("x", "W10", "é"):
        with pytest.raises(ClientFault, match="cursor"):
            await ten.sessions("desk", Filter(), cursor=cursor)
