"""A word planted in notes stands in results and nowhere else: no message, log, traceback, temporary file or ledger row."""

from __future__ import annotations

import json
import shutil
import sqlite3
import subprocess
import sys
import urllib.error
import urllib.request

import pytest

from .watched import CANARY, CRASH, Watch

WORDS = (CANARY, CRASH)
GOOD = f"Trigger point injections to the left {CANARY} trapezius and left rhomboids, 1% lidocaine."
CRASHING = f"Trigger point injection of the left trapezius. {CRASH}."


@pytest.fixture
def watch(tmp_path):
    watch = Watch(tmp_path, crash=True)
    yield watch
    shutil.rmtree(watch.temporary)


def clean(text: str) -> bool:
    return not any(word.lower() in text.lower() for word in WORDS)


def test_the_watch_sees_what_it_should(watch):
    """Else all that follows would prove nothing."""
    (watch.folder / "note.txt").write_text(GOOD)
    answer = watch.run("extract", "--json", "note.txt")
    assert CANARY in answer.said, "a result quotes the note: its words are what it is for"
    leak = f"import tempfile; tempfile.NamedTemporaryFile(delete=False).write({GOOD!r}.encode())"
    subprocess.run([sys.executable, "-c", leak], env=watch.environment, check=True)
    assert watch.leaks(CANARY) and any(path.parent == watch.temporary for path in watch.written())


BROKEN = {
    "utf16.txt": b"\xff\xfe" + GOOD.encode("utf-16-le") + b"\x00",
    "note.pdf": b"%PDF-1.7\n" + GOOD.encode(),
    "note.docx": b"PK\x03\x04" + GOOD.encode(),
    "note.rtf": b"{\\rtf1 " + GOOD.encode() + b"{" * 5000,
    "note.dcm": b"\0" * 128 + b"DICM" + GOOD.encode(),
    "crash.txt": CRASHING.encode(),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_note_that_cannot_be_read_is_not_quoted(watch, name):
    (watch.folder / name).write_bytes(BROKEN[name])
    answer = watch.run("extract", name)
    if answer.status == 0:  # a damaged RTF may still give its text: then its result may quote it
        assert name == "note.rtf"
        return
    assert answer.status == 2 and clean(answer.said)
    assert len(answer.said.strip().splitlines()) == 1
    assert watch.leaks(*WORDS) == []


def test_a_crash_says_its_place_and_not_its_words(watch):
    answer = watch.run("extract", "-", stdin=CRASHING.encode())
    assert answer.status == 2 and "RuntimeError in sitecustomize.py" in answer.said and clean(answer.said)


@pytest.mark.parametrize(
    "args",
    [["--policy", CANARY, "note.txt"], ["--set", f"laterality={CANARY}", "note.txt"], ["--date", CANARY, "note.txt"], ["--nothing", "note.txt"]],
)
def test_wrong_usage_says_no_word_of_the_note(watch, args):
    (watch.folder / "note.txt").write_text(CRASHING)
    answer = watch.run("extract", *args)
    assert answer.status == 2 and CRASH.lower() not in answer.said.lower()


LINES = [
    json.dumps({"note_id": "good", "text": GOOD}),
    json.dumps({"note_id": "crash", "text": CRASHING}),
    json.dumps({"note_id": "cut", "text": GOOD})[:-9],
    json.dumps({"note_id": "day", "text": GOOD, "date_of_service": f"the {CANARY}th"}),
    json.dumps({"note_id": "number", "text": [GOOD]}),
    json.dumps({"note_id": "half", "text": GOOD + "\ud800"}),
    json.dumps({"note_id": "clash", "text": GOOD}), json.dumps({"note_id": "clash", "text": GOOD + " More."}),
    json.dumps([GOOD]), json.dumps(GOOD), f'{{"note_id": "twice", "text": "{GOOD}", "text": "{GOOD}"}}',
]  # fmt: skip
TABLE = "note_id,text,date_of_service\n" + f'a,"{GOOD}",2024-13-45\n' + f'b,"{GOOD}" {CANARY},x\n' + f'c,{CANARY},extra,{CANARY}\n' + f'd,"{GOOD}'
HL7 = f"MSH|^~\\&|A|B|C|D|20240314||ORU^R01|1|P|2.3\rPID|||{CANARY}\rOBR|1\rOBX|1|TX|||{GOOD}\rMSH|broken {CANARY}"
FHIR = json.dumps({"resourceType": "Bundle", "entry": [{"resource": {"resourceType": "DocumentReference", "content": [{"attachment": {"data": f"!!{CANARY}!!"}}]}}]})
CDA = f"<?xml version='1.0'?><ClinicalDocument xmlns='urn:hl7-org:v3'><title>{CANARY}</title><component>{GOOD}<unclosed>"
INPUTS = {"in.jsonl": "\n".join(LINES) + "\n", "in.csv": TABLE, "in.hl7": HL7, "in.json": FHIR, "in.xml": CDA, "in.rtf": BROKEN["note.rtf"].decode(), "in.zip": f"PK\x03\x04{GOOD}"}


@pytest.mark.parametrize(("name", "form"), [("in.jsonl", "text"), *((name, "json") for name in INPUTS)])
def test_a_batch_says_logs_and_remembers_no_word(watch, name, form):
    (watch.folder / name).write_text(INPUTS[name], encoding="utf-8")
    options = ["--map", "text=text"] if name == "in.csv" else []
    answer = watch.run("batch", name, "--output", "out.jsonl", "--workers", "1", "--log-format", form, *options)
    assert answer.status in (0, 1, 2)
    assert clean(answer.said), "a message or a log line quotes a note"
    assert watch.leaks(*WORDS) == []
    assert not [path for path in answer.written if watch.temporary in path.parents], "notes go to no temporary file"
    ledger = watch.folder / "out.jsonl.ledger"
    if name == "in.jsonl":
        assert answer.status == 1 and ledger.exists() and (watch.folder / "out.quarantine.jsonl").read_bytes().count(b"\n") >= 6
    if ledger.exists():
        with sqlite3.connect(ledger) as db:
            for table in ("runs", "versions", "meta", "quarantine"):
                rows = db.execute(f"SELECT * FROM {table}").fetchall()
                assert clean(repr(rows)), f"the ledger's {table} quotes a note"
    quarantine = watch.folder / "out.quarantine.jsonl"
    assert not quarantine.exists() or clean(quarantine.read_text(encoding="utf-8"))


def test_files_of_a_batch_lie_beside_its_output_alone(watch):
    (watch.folder / "in.jsonl").write_text(INPUTS["in.jsonl"])
    (watch.folder / "results").mkdir()
    answer = watch.run("batch", "in.jsonl", "--output", "results/out.sqlite", "--workers", "2")
    results = watch.folder / "results"
    elsewhere = [path for path in answer.written if results not in (path, *path.parents)]
    assert elsewhere == []
    left = {file.name for file in results.iterdir()}
    assert left == {"out.sqlite", "out.sqlite.ledger", "out.sqlite.lock"} or left == {"out.sqlite", "out.sqlite.ledger"}


def test_status_shows_no_word(watch):
    (watch.folder / "in.jsonl").write_text(INPUTS["in.jsonl"])
    watch.run("batch", "in.jsonl", "--output", "out.jsonl", "--workers", "1", "--quiet")
    for options in ([], ["--json"]):
        answer = watch.run("status", "out.jsonl", *options)
        assert answer.status == 0 and "crash" in answer.said and clean(answer.said)


def test_an_audit_says_no_word_outside_its_report(watch):
    (watch.folder / "in.jsonl").write_text(INPUTS["in.jsonl"])
    (watch.folder / "claims.csv").write_text("note_id,code,units\ngood,20553,1\ncrash,20553,1\n")
    answer = watch.run("audit", "in.jsonl", "--claims", "claims.csv", "--output", "audit.html", "--workers", "1")
    assert answer.status == 1 and clean(answer.said)
    assert watch.leaks(*WORDS) == []
    page = (watch.folder / "audit.html").read_text(encoding="utf-8")
    assert CANARY in page and CRASH not in page, "evidence quotes the note; what was not read is listed by its place"


def test_the_server_logs_no_word_and_answers_errors_without(watch):
    command = [sys.executable, "-m", "extractor", "serve", "--port", "0"]
    with subprocess.Popen(command, cwd=watch.folder, env=watch.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as server:
        try:
            address = server.stdout.readline().removeprefix("tpi is at ").strip()
            answers = [
                post(f"{address}v1/extract", json.dumps({"text": GOOD}).encode()),
                post(f"{address}v1/extract", json.dumps({"text": CRASHING}).encode()),
                post(f"{address}v1/extract", json.dumps({"text": GOOD})[:-5].encode()),
                post(f"{address}v1/extract", json.dumps({"text": GOOD, "policy": CANARY, CANARY: 1}).encode()),
                post(f"{address}v1/extract", json.dumps({"text": {CANARY: GOOD}}).encode()),
                post(f"{address}v1/extract", json.dumps({"text": GOOD, "date_of_service": CANARY}).encode()),
                post(f"{address}v1/convert?name=note.pdf", BROKEN["note.pdf"], "application/octet-stream"),
                post(f"{address}v1/{CANARY}", GOOD.encode()),
            ]
        finally:
            server.terminate()
            out, err = server.communicate(timeout=30)
    assert answers[0][0] == 200 and CANARY in answers[0][1]
    for status, body in answers[1:]:
        assert status >= 400 and clean(body), body[:80]
    assert clean(out) and clean(err)
    assert watch.leaks(*WORDS) == []
    assert watch.written() == set(), "nothing is stored"


def post(url: str, body: bytes, kind: str = "application/json") -> tuple[int, str]:
    request = urllib.request.Request(url, data=body, headers={"Content-Type": kind})
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode(errors="replace")
