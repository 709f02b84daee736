"""The operators' end of the interface, against what is no server of ours, or one of another version."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result
from gevent.pywsgi import WSGIServer

from actors.admin.client import Operator, Place
from actors.admin.commands import operator_commands
from actors.admin.operator_errors import HalfAway, OperatorError, RunFileBroken, TokenRefused
from actors.admin.recognition import proof_of
from actors.admin.run_file import addresses
from tests.play.kit import PROJECT


class Stranger:
    """Something on both ports of a server, with a data directory."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.answer = b"{}"
        self.answers: Callable[[str], bytes] = lambda path: self.answer
        self.knows = "token"
        self.heard: list[str] = []
        self.server = WSGIServer(("127.0.0.1", 0), self.serve, log=None)
        self.server.start()
        url = f"http://127.0.0.1:{self.server.server_port}/"
        content = {"addresses": {"gateway-admin": url, "world-admin": url}, "unknown": [1]}
        (folder / "run.json").write_text(json.dumps(content), encoding="utf-8")
        (folder / "admin.key").write_text("token\n", encoding="ascii")

    def serve(self, request: dict[str, Any], start: Callable[[str, list[Any]], object]) -> Iterable[bytes]:
        start("200 OK", [])
        self.heard.append(request.get("HTTP_AUTHORIZATION", ""))
        if request["PATH_INFO"] != "/healthz" or not self.knows:
            return [self.answers(request["PATH_INFO"])]
        challenge = request["QUERY_STRING"].removeprefix("challenge=")
        proof = proof_of(self.knows, challenge, int(request["SERVER_PORT"]))
        return [json.dumps({"proof": proof}).encode()]

    def command(self, line: str) -> Result:
        group = click.Group(commands=operator_commands(lambda _: Place(self.folder)))
        return CliRunner().invoke(group, line.split())


@pytest.fixture
def stranger(tmp_path: Path) -> Iterator[Stranger]:
    stranger = Stranger(tmp_path)
    yield stranger
    stranger.server.stop(1)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b'{"addresses": {"gate',
        b"[]",
        b'{"addresses": null}',
        b'{"addresses": {"gateway-admin": 5}}',
        b'{"addresses": {"gateway-admin": "http://localhost:99999/"}}',
        b'{"addresses": {"gateway-admin": "http://[::1/"}}',
        b'{"troubles": []}',
        b"\xff\xfe{}",
    ],
)
def test_a_broken_run_file_is_named(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "run.json").write_bytes(content)

    with pytest.raises(RunFileBroken) as caught:
        addresses(tmp_path)

    assert str(tmp_path / "run.json") in str(caught.value)


@pytest.mark.parametrize("token", [b"", b"a\nb", b"a b", b"\xff\xfe", "wörd".encode()])
def test_what_cannot_be_a_token_is_told_before_it_is_sent(stranger: Stranger, token: bytes) -> None:
    (stranger.folder / "admin.key").write_bytes(token)

    with pytest.raises(OperatorError, match=r"there is no token in .*admin\.key"):
        Operator(Place(stranger.folder))


@pytest.mark.parametrize("answer", [b"<html>", b"\xff\xfe", b"", b"{}", b'{"proof": 5}', b"[]"])
def test_who_has_taken_the_port_is_not_given_the_token(stranger: Stranger, answer: bytes) -> None:
    stranger.knows, stranger.answer = "", answer

    with pytest.raises(HalfAway, match="does not prove that it is this server"):
        Operator(Place(stranger.folder)).post("world", "/api/actor/kill", path="/world")

    assert stranger.heard == [""]


def test_a_server_with_another_token_is_not_given_this_one(stranger: Stranger) -> None:
    stranger.knows = "another"

    with pytest.raises(TokenRefused, match="does not accept the token"):
        Operator(Place(stranger.folder)).get("world", "/api/")

    assert stranger.heard == [""]


def test_a_proof_is_good_for_one_challenge_on_one_port() -> None:
    given = proof_of("token", "00" * 16, 8081)

    assert given != proof_of("token", "01" * 16, 8081), "asked again, it is another"
    assert given != proof_of("token", "00" * 16, 8082), "nobody can hand the question on"
    assert proof_of("token", "", 8081) is None
    assert proof_of("token", "x" * 32, 8081) is None


@pytest.mark.parametrize("answer", [b"event: restart\ndata: 5\n\n", b"event: restart\ndata: {\n\n"])
def test_who_follows_is_told_of_an_odd_record_and_the_command_ends(stranger: Stranger, answer: bytes) -> None:
    def serve(path: str) -> bytes:
        return answer if path.endswith("/stream") else b"[]"

    stranger.answers = serve
    result = stranger.command("restarts --follow --path /world")

    assert result.exit_code == 0
    assert "the world answers what is no record of this version" in result.output


@pytest.mark.slow
def test_an_answer_that_cannot_be_written_is_said_in_a_line(stranger: Stranger) -> None:
    stranger.answer = b"[]"
    with Path("/dev/full").open("wb") as full:
        ended = subprocess.run(
            [sys.executable, str(PROJECT / "run.py"), "top", "--json"],
            env=os.environ | {"WYLD_DATA_DIR": str(stranger.folder)},
            stdout=full,
            stderr=subprocess.PIPE,
            check=False,
            timeout=30,
        )

    assert ended.returncode == 1
    assert ended.stderr.decode() == "Error: the answer cannot be written: No space left on device\n"


@pytest.mark.parametrize("answer", [b"<html>", b"\xff\xfe", b""])
def test_who_does_not_speak_json_is_no_half_of_a_server(stranger: Stranger, answer: bytes) -> None:
    stranger.answer = answer

    with pytest.raises(HalfAway, match="the world does not answer: what listens on its port"):
        Operator(Place(stranger.folder)).get("world", "/api/")


@pytest.mark.parametrize("line", ["tree", "sessions", "actor /world/a", "actor /world/a kill"])
@pytest.mark.parametrize("answer", [b"{}", b"[]", b'["a"]', b'[{"new": 1}]'])
def test_an_answer_of_another_version_is_told_as_one(stranger: Stranger, line: str, answer: bytes) -> None:
    stranger.answer = answer

    result = stranger.command(line)

    assert result.exit_code == 1
    assert "the server's answer is not one of this version" in result.output


@pytest.mark.parametrize("answer", [b"{}", b"[]"])
def test_a_doctor_that_has_looked_at_nothing_finds_nobody_well(stranger: Stranger, answer: bytes) -> None:
    stranger.answer = answer

    assert stranger.command("doctor").exit_code == 1
