import io
import os
import signal
import socket
import stat
import subprocess
import sys
from pathlib import Path

import httpx
import numpy as np
import pytest
from PIL import Image

from tests.patience import LONG_S, until
from tests.site.conftest import Server, picture, run, serving


def processes_of_group(group: int) -> list[int]:
    """Return the processes that the server has started and that still run."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            if int(fields[2]) == group and fields[0] != "Z":
                found.append(int(entry.name))
    return found


def pixels_of(reply: httpx.Response) -> np.ndarray:
    assert reply.status_code == 200, reply.text
    return np.asarray(Image.open(io.BytesIO(reply.content)).convert("RGB"))


def ids(server: Server) -> dict[str, int]:
    with server.client() as client:
        return {row["name"]: row["id"] for row in client.get("/api/images/").json()["results"]}


def test_lists_the_images_of_a_folder_and_nothing_else(server):
    assert server.names() == ["A.png", "b.tif", "c.unknown"]


def test_a_row_tells_its_id_and_its_links_lead_on(server):
    with server.client() as client:
        listing = client.get("/api/images/").json()
        assert (listing["count"], listing["next"], listing["previous"]) == (3, None, None)
        for row in listing["results"]:
            assert isinstance(row["id"], int)
            assert client.get(row["links"]["self"]).json() == row
            for link in row["links"].values():
                assert client.get(link).status_code == 200, link


def test_the_list_comes_in_pages(server):
    with server.client() as client:
        first = client.get("/api/images/", params={"page_size": 2}).json()
        second = client.get(first["next"]).json()
        names = [row["name"] for row in first["results"] + second["results"]]
        assert names == ["A.png", "b.tif", "c.unknown"]
        assert second["next"] is None
        assert client.get("/api/images/", params={"page": 9}).status_code == 404


@pytest.mark.parametrize("name", ["A.png", "b.tif", "c.unknown"])
def test_tile_and_thumbnail_show_the_image(server, name):
    with server.client() as client:
        here = f"/api/images/{ids(server)[name]}"
        tile = pixels_of(client.get(f"{here}/tiles/2/1/0.png"))
        assert np.array_equal(tile, picture()[:256, 256:512])
        small = pixels_of(client.get(f"{here}/data/thumbnail.png"))
        assert small.shape == (171, 256, 3)
        assert small[80, 20].tolist() == [255, 0, 0]
        assert small[80, 230].tolist() == [0, 0, 255]


@pytest.mark.parametrize(
    ("path", "status", "words"),
    [
        ("/", 200, "Tilewright"),
        ("/healthz", 200, "alive"),
        ("/readyz", 200, "ready"),
        ("/api/schema/", 200, "/api/images/{id}/tiles/{z}/{x}/{y}.{fmt}"),
        ("/api/docs/", 200, "/static/drf_spectacular_sidecar/"),
        ("/static/drf_spectacular_sidecar/swagger-ui-dist/swagger-ui.css", 200, ""),
        ("/static/admin/css/base.css", 200, ""),
        ("/static/tilewright_site/viewer.js", 200, "../tilewright/api.js"),
        ("/static/tilewright/map.js", 200, "createMap"),
        ("/static/tilewright/embed.js", 200, "tilewright-image"),
        ("/static/tilewright/vendor/ol.js", 200, "OpenLayers"),
        ("/static/tilewright_site/../../settings.py", 404, ""),
        ("/static/nothing.css", 404, ""),
        ("/admin/login/", 200, "Tilewright"),
        ("/view/999/", 404, ""),
        ("/api/images/999/", 404, ""),
        ("/api/images/none/data/thumbnail.png", 404, ""),
        ("/nothing", 404, ""),
    ],
)
def test_addresses(server, path, status, words):
    with server.client() as client:
        reply = client.get(path)
        assert reply.status_code == status
        assert words in reply.text


def test_no_page_asks_another_host(server):
    with server.client() as client:
        for path in ("/api/docs/", "/admin/login/"):
            assert "https://" not in client.get(path).text


def test_the_viewer_page_names_its_image(server):
    number = ids(server)["b.tif"]
    with server.client() as client:
        page = client.get(f"/view/{number}/").text
    assert "b.tif" in page
    assert f"/api/images/{number}/" in page


def test_answers_to_its_own_names_only(server):
    with server.client() as client:
        assert client.get("/", headers={"Host": "elsewhere.example"}).status_code == 400
        assert client.get("/", headers={"Host": "localhost"}).status_code == 200


@pytest.mark.parametrize("kind", ["charset=base64", "charset=punycode", "a*=none''b", "charset=\\"])
@pytest.mark.parametrize("path", ["/webgateway/luts/", "/api/images/", "/healthz"])
def test_answers_whatever_content_type_names(server, path, kind):
    # Django would read the query in it before it can tell of an error.
    headers = {"Content-Type": f"text/plain; {kind}"}
    with server.client() as client:
        assert client.get(f"{path}?a=%C3%A9", headers=headers).status_code == 200
    assert "Traceback" not in server.log.read_text()


@pytest.mark.parametrize("name", ["%C3%A9", "%E4%B8%AD", "%F3%80%90%AD", "%FF"])
def test_a_body_may_come_to_any_path(server, name):
    headers = {"Content-Type": "application/geo+json"}
    with server.client() as client:
        for path in (f"/{name}", f"/api/images/1/data/feature.{name}"):
            assert client.post(path, content=b"{}", headers=headers).status_code in {400, 403, 404}
    assert "Traceback" not in server.log.read_text()


def answer_before_the_body(server: Server, path: str) -> bytes:
    """Return what is answered to the head of a request whose body does not come."""
    address = httpx.URL(server.address)
    with socket.create_connection((address.host, address.port), timeout=LONG_S) as connection:
        head = f"POST {path} HTTP/1.1\r\nHost: {address.host}\r\nContent-Length: 2\r\n\r\n"
        connection.sendall(head.encode())
        answer = b""
        while received := connection.recv(65536):
            answer += received
    return answer


@pytest.mark.parametrize("path", ["/nothing", "/healthz", "/webgateway/luts/"])
def test_says_that_it_hangs_up_when_it_did_not_read_a_body(server, path):
    # a client that keeps connections would send its next request into a closed one
    assert b"\r\nconnection: close\r\n" in answer_before_the_body(server, path).lower()


def test_keeps_the_connection_when_it_read_the_body(server):
    page = "/admin/login/"
    with server.client() as client:
        token = client.get(page).cookies["csrftoken"]
        guess = {"csrfmiddlewaretoken": token, "username": "a", "password": "b"}
        reply = client.post(page, data=guess, headers={"Referer": server.address})
        assert reply.status_code == 200
        assert "connection" not in reply.headers
        assert "connection" not in client.post("/healthz", headers={"Content-Length": "0"}).headers


def test_says_where_it_serves(server):
    log = server.log.read_text()
    assert f"Tilewright serves 3 images at {server.address}/" in log
    assert "createsuperuser" in log
    assert "Traceback" not in log


def test_home_is_private(server):
    assert stat.S_IMODE((server.home / "secret-key").stat().st_mode) == 0o600
    assert len((server.home / "secret-key").read_text()) > 50
    assert (server.home / "catalogue.sqlite3-wal").exists(), "write-ahead logging is on"


def test_starts_again_with_the_same_ids_and_without_what_is_gone(tmp_path):
    folder, home = tmp_path / "images", tmp_path / "home"
    folder.mkdir()
    for name in ("a.png", "b.png", "c.png"):
        Image.fromarray(picture()).save(folder / name)
    with serving(home, str(folder)) as server:
        before = ids(server)
        group = server.process.pid
        assert len(processes_of_group(group)) >= 3, "a parent and two workers"
    assert server.process.returncode == 0
    # Python's own tracker of resources ends a moment after those that it tracks.
    until(lambda: processes_of_group(group) == [])
    key = (home / "secret-key").read_text()

    (folder / "a.png").unlink()
    Image.fromarray(picture()).save(folder / "0.png")
    with serving(home, str(folder / "b.png"), str(folder / "0.png")) as server:
        after = ids(server)
        with server.client() as client:
            assert client.get(f"/api/images/{before['c.png']}/").status_code == 404
    assert after.keys() == {"b.png", "0.png"}
    assert after["b.png"] == before["b.png"]
    assert after["0.png"] not in before.values()
    assert (home / "secret-key").read_text() == key


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_no_worker_outlives_the_server(tmp_path, folder, how):
    with serving(tmp_path, str(folder)) as server:
        group = server.process.pid
        server.process.send_signal(how)
        server.process.wait(LONG_S)
        until(lambda: processes_of_group(group) == [])


DEAF = """
import multiprocessing
import os
import signal
import threading
import time
from tilewright.site import worker

def work():
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    worker.STOP_S = 0.1
    threading.Thread(target=worker._follow_parent).start()
    time.sleep(600)

if __name__ == "__main__":
    multiprocessing.get_context("spawn").Process(target=work).start()
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_worker_that_does_not_hear_ends_after_the_server(tmp_path):
    program = tmp_path / "deaf.py"
    program.write_text(DEAF)
    parent = subprocess.Popen([sys.executable, str(program)], start_new_session=True)
    parent.wait(LONG_S)
    until(lambda: processes_of_group(parent.pid) == [])


def test_a_busy_port_is_told_in_a_sentence(tmp_path, folder):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = str(other.getsockname()[1])
        result = run(tmp_path, "serve", str(folder), "--port", port)
    assert result.returncode == 1
    assert result.stderr.startswith(f"tilewright: port {port} of 127.0.0.1 cannot be used")
    assert "--port" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["nowhere.tif"], 1, "there is no file or folder nowhere.tif"),
        (["--host", "192.0.2.1"], 1, "192.0.2.1"),
        (["--host", "no such host"], 1, "no such host is not an address"),
        (["--port", "99999"], 2, "--port"),
        (["--workers", "0"], 2, "--workers"),
        (["--nonsense"], 2, "--nonsense"),
    ],
)
def test_wrong_arguments_are_told_in_a_sentence(tmp_path, arguments, code, words):
    result = run(tmp_path, "serve", *arguments)
    assert result.returncode == code
    assert words in result.stderr
    assert "Traceback" not in result.stderr


def test_a_home_that_cannot_be_made_is_told_in_a_sentence(tmp_path, folder):
    (tmp_path / "file").touch()
    result = run(tmp_path / "file" / "home", "serve", str(folder))
    assert result.returncode == 1
    assert "cannot be used" in result.stderr
    assert "Traceback" not in result.stderr


def test_help_tells_of_paths_and_options(tmp_path):
    result = run(tmp_path, "serve", "--help")
    assert result.returncode == 0
    for word in ("PATH", "--host", "--port", "--workers", "TILEWRIGHT_HOME"):
        assert word in result.stdout
    assert os.listdir(tmp_path) == []  # noqa: PTH208 - asking for help makes nothing
