"""Privacy and security: who may ask, what a response allows, and that no word of a note is written anywhere."""

from __future__ import annotations

import json
import logging
import socket
import ssl
import subprocess
import sys
import time
import urllib.error
import urllib.request

import pytest

from extractor.web import ServerOptions, create_app
from extractor.web.cli import server_options
from extractor.web.guard import CSP, SECURITY_HEADERS

from .conftest import NOTE

SECRET = "Zebulon Quartermain"
JSON = {"content-type": "application/json"}


def quick(options: ServerOptions):
    """A client of an application whose reading processes are not started: enough for what is refused before."""
    from starlette.testclient import TestClient

    return TestClient(create_app(options), base_url="http://localhost", raise_server_exceptions=False)


# ---- what every response says -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/"), ("GET", "/main.js"), ("GET", "/healthz"), ("GET", "/none"), ("POST", "/v1/extract"), ("GET", "/openapi.json")]
)
def test_every_response_forbids_keeping_embedding_and_loading_from_elsewhere(client, method, path):
    headers = client.request(method, path).headers
    assert {name: headers.get(name) for name in SECURITY_HEADERS} == SECURITY_HEADERS


def test_the_policy_allows_nothing_inline_and_nothing_from_elsewhere():
    assert "default-src 'none'" in CSP and "trusted-types 'none'" in CSP
    assert not any(word in CSP for word in ("unsafe", "http:", "https:", "data:", "*"))


def test_no_page_loads_anything_from_elsewhere(client):
    for path in ("/", "/page.css", "/answer.css", "/print.css", "/main.js", "/bodymap.js", "/note.js"):
        text = client.get(path).text.replace("http://www.w3.org/2000/svg", "")
        assert "http://" not in text and "https://" not in text and "@import" not in text, path


def test_only_the_files_of_the_page_have_an_address(client):
    for path in ("/app.py", "/..%2fapp.py", "/static/main.js", "/%2e%2e/app.py", "//etc/passwd"):
        assert client.get(path).status_code == 404, path


@pytest.mark.parametrize(
    ("path", "media_type"),
    [("/", "text/html; charset=utf-8"), ("/main.js", "text/javascript; charset=utf-8"), ("/page.css", "text/css; charset=utf-8"), ("/icon.svg", "image/svg+xml"), ("/healthz", "application/json")],
)
def test_every_file_says_what_it_is(client, path, media_type):
    assert client.get(path).headers["content-type"] == media_type


def test_over_tls_it_says_to_stay_there(client):
    assert "strict-transport-security" not in client.get("/").headers
    secure = client.get("https://localhost/")
    assert secure.headers["strict-transport-security"] == "max-age=31536000; includeSubDomains"


@pytest.mark.parametrize("method", ["TRACE", "PUT", "DELETE", "PATCH", "CONNECT"])
@pytest.mark.parametrize("path", ["/", "/v1/extract", "/healthz"])
def test_methods_that_nobody_needs_are_refused(client, method, path):
    assert client.request(method, path).status_code == 405


def test_a_forwarded_host_counts_for_nothing(client):
    forged = {"host": "evil.example", "x-forwarded-host": "localhost", "forwarded": "host=localhost"}
    assert client.get("/healthz", headers=forged).status_code == 421


# ---- who may ask ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("host", ["localhost", "localhost:8000", "127.0.0.1:9", "[::1]:8000", "LOCALHOST"])
def test_it_answers_under_its_own_names(client, host):
    assert client.get("/healthz", headers={"host": host}).status_code == 200


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example", "evil.example:8000", "127.0.0.1.evil.example", "192.168.1.5", "", "localhost@evil"])
def test_another_name_is_refused_which_stops_dns_rebinding(client, host):
    answer = client.get("/healthz", headers={"host": host})
    assert (answer.status_code, answer.json()["type"]) == (421, "/v1/problems/host")


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"origin": "http://localhost"}, 200),
        ({"origin": "http://evil.example"}, 403),
        ({"origin": "null"}, 403),
        ({"origin": "http://localhost:1"}, 403),
        ({"sec-fetch-site": "same-origin"}, 200),
        ({"sec-fetch-site": "none"}, 200),
        ({"sec-fetch-site": "cross-site", "sec-fetch-mode": "cors"}, 403),
        ({"sec-fetch-site": "same-site", "sec-fetch-mode": "no-cors"}, 403),
    ],
)
def test_pages_of_other_sites_may_not_ask(client, headers, status):
    assert client.post("/v1/extract", json={"text": NOTE}, headers=headers).status_code == status


def test_a_link_from_elsewhere_may_open_the_page(client):
    headers = {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate", "sec-fetch-dest": "document"}
    assert client.get("/", headers=headers).status_code == 200


def test_no_other_origin_is_ever_allowed(client):
    answer = client.options("/v1/extract", headers={"origin": "http://localhost", "access-control-request-method": "POST"})
    assert not any(name.startswith("access-control") for name in answer.headers)


@pytest.mark.parametrize("path", ["/v1/policies", "/v1/samples", "/v1/lexicon/masseter", "/openapi.json"])
@pytest.mark.parametrize("given", [None, "Bearer wrong", "Bearer ", "Basic c2VjcmV0", "secret-secret-secret-secret"])
def test_where_a_token_was_set_nothing_is_told_without_it(path, given):
    remote = quick(ServerOptions(token="secret-secret-secret-secret"))
    answer = remote.get(path, headers={"authorization": given} if given else {})
    assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")


def test_with_its_token_it_answers():
    remote = quick(ServerOptions(token="secret-secret-secret-secret"))
    assert remote.get("/v1/samples", headers={"authorization": "Bearer secret-secret-secret-secret"}).status_code == 200
    assert remote.get("/").status_code == 200 and remote.get("/healthz").status_code == 200


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.5", "::", "example.org"])
def test_another_address_needs_a_flag_and_then_gets_a_token(host):
    import typer

    with pytest.raises(typer.BadParameter, match="--allow-remote"):
        server_options(host)
    options = server_options(host, allow_remote=True)
    assert len(options.token) >= 32


def test_a_token_that_can_be_guessed_is_refused():
    import typer

    with pytest.raises(typer.BadParameter, match="20 characters"):
        server_options("0.0.0.0", allow_remote=True, token="secret")


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1", "127.3.4.5"])
def test_this_machine_needs_no_token(host):
    assert server_options(host).token is None


def test_a_remote_server_answers_under_addresses_and_the_names_that_it_was_given():
    options = server_options("0.0.0.0", allow_remote=True, allow_hosts=["Coding.Example.org"])
    remote = quick(options)
    answers = {host: remote.get("/", headers={"host": host}).status_code for host in ("10.0.0.7:8000", "coding.example.org", "evil.example", "[fe80::1]")}
    assert answers == {"10.0.0.7:8000": 200, "coding.example.org": 200, "evil.example": 421, "[fe80::1]": 200}


# ---- how much, how long -----------------------------------------------------------------------------------------


def test_a_body_that_is_too_large_is_refused_by_its_length_and_by_its_bytes():
    small = quick(ServerOptions(max_body=1000))
    assert small.post("/v1/extract", content=b"x" * 1001, headers=JSON).status_code == 413
    assert small.post("/v1/extract", content=iter([b"x" * 600, b"x" * 600]), headers=JSON).status_code == 413


def test_a_note_of_a_million_characters_is_not_too_large_and_one_more_is():
    from extractor.intake import MAX_CHARACTERS
    from extractor.web.schemas import ExtractRequest

    ExtractRequest(text="\u0001" * MAX_CHARACTERS)
    with pytest.raises(ValueError, match="1000000"):
        ExtractRequest(text="x" * (MAX_CHARACTERS + 1))


def test_a_note_that_takes_too_long_is_ended_and_the_next_one_is_read():
    from starlette.testclient import TestClient

    long = "Left trapezius injected with 1 mL of 1% lidocaine, right C2-3 paraspinous 1 cc x 2.\n" * 6000
    with TestClient(create_app(ServerOptions(time_limit=0.7)), base_url="http://localhost") as client:
        started = time.monotonic()
        answer = client.post("/v1/extract", json={"text": long})
        assert (answer.status_code, answer.json()["type"]) == (503, "/v1/problems/time-limit")
        assert time.monotonic() - started < 5
        time.sleep(0.1)
        for _ in range(2):  # the first one may wait for the new process to load
            answer = client.post("/v1/extract", json={"text": NOTE})
        assert answer.json()["decision"]["code"] == "20553"


# ---- what is written --------------------------------------------------------------------------------------------


def test_a_failure_tells_its_place_and_never_its_words(monkeypatch, caplog):
    from extractor.web import routes

    def broken(*_args: object) -> None:
        raise RuntimeError(f"could not read {SECRET}")

    monkeypatch.setattr(routes, "muscle_names", broken)
    with caplog.at_level(logging.DEBUG):
        answer = quick(ServerOptions()).get("/v1/muscles")
    assert (answer.status_code, answer.json()["type"]) == (500, "/v1/problems/internal")
    assert "RuntimeError in test_guard.py" in answer.json()["detail"]
    assert "Quartermain" not in answer.text + caplog.text
    assert "RuntimeError in test_guard.py" in caplog.text


def ask(address: str, path: str, body: object = None, **headers: str) -> tuple[int, str]:
    data = None if body is None else (body if isinstance(body, bytes) else json.dumps(body).encode())
    request = urllib.request.Request(address + path, data=data, headers={**JSON, **headers})
    try:
        with urllib.request.urlopen(request, timeout=30, context=ssl._create_unverified_context()) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def test_the_command_serves_on_loopback_and_writes_no_word_of_a_note(serve, tmp_path):
    process, address = serve(TMPDIR=str(tmp_path))
    assert address.startswith("http://127.0.0.1:")
    assert ask(address, "v1/extract", {"text": f"{SECRET}. {NOTE}"})[0] == 200
    assert ask(address, "v1/extract", {"text": f"{SECRET}" + "\x00" * 60})[0] == 422
    assert ask(address, "v1/extract", f'{{"text": "{SECRET}'.encode())[0] == 400
    assert ask(address, f"v1/lexicon/{SECRET.replace(' ', '%20')}")[0] == 404
    # Bytes that are no HTTP at all.
    port = int(address.rstrip("/").rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port), timeout=10) as raw:
        raw.sendall(f"{SECRET}\r\n\r\n".encode())
        raw.recv(1000)
    process.terminate()
    out, err = process.communicate(timeout=20)
    assert "Quartermain" not in out + err
    assert "Nothing is stored" in err
    assert not [file for file in tmp_path.rglob("*") if file.is_file()]


def test_a_remote_server_prints_a_token_that_opens_it(serve):
    _process, shown = serve("--host", "0.0.0.0", "--allow-remote")
    address, _, token = shown.partition("#token=")
    local = address.replace("0.0.0.0", "127.0.0.1")
    assert ask(local, "v1/extract", {"text": NOTE})[0] == 401
    assert ask(local, "v1/extract", {"text": NOTE}, authorization=f"Bearer {token}")[0] == 200


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (("--host", "0.0.0.0"), "--allow-remote"),
        (("--policy", "nonsense"), "There is no policy"),
        (("--set", "laterality=sideways"), "by-side"),
        (("--lexicon-dir", "/nowhere/at/all"), "/nowhere/at/all"),
        (("--host", "192.0.2.77", "--allow-remote"), "192.0.2.77"),
        (("--certificate", "c.pem"), "its key"),
        (("--port", "70000"), "65535"),
    ],
)
def test_what_cannot_be_served_is_said_in_one_line(args, words):
    done = subprocess.run([sys.executable, "-m", "extractor", "serve", *args], capture_output=True, text=True, timeout=60)
    assert done.returncode == 2
    assert words in done.stderr and len(done.stderr.splitlines()) == 1, done.stderr


def test_a_port_that_is_taken_is_said_in_one_line():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        done = subprocess.run([sys.executable, "-m", "extractor", "serve", "--port", port], capture_output=True, text=True, timeout=60)
    assert done.returncode == 2
    assert port in done.stderr and "--port" in done.stderr and len(done.stderr.splitlines()) == 1
