"""Uploads and downloads of the built-in host follow what was measured on the real server."""

import asyncio
import io
import json
import os

import numpy as np
import pytest
from PIL import Image

from daemon.comfyui.address import parse_url
from daemon.comfyui.client import ComfyUIClient
from tests.fakes.builtin_host import HostProcess, node, png


@pytest.fixture(scope="module")
def host(tmp_path_factory):
    process = HostProcess(tmp_path_factory.mktemp("host"))
    yield process
    assert process.close() == 0


def view(host, **query):
    return host.http.get("/view", params={"type": "input", **query})


def test_the_same_bytes_keep_their_name_and_other_bytes_get_a_number(host):
    names = [
        host.upload("dup.png", png(seed=1)).json()["name"],
        host.upload("dup.png", png(seed=1)).json()["name"],
        host.upload("dup.png", png(seed=2)).json()["name"],
        host.upload("dup.png", png(seed=3), overwrite="True").json()["name"],
        host.upload("dup.png", png(seed=4), overwrite="1").json()["name"],
    ]

    assert names == ["dup.png", "dup.png", "dup (1).png", "dup (2).png", "dup.png"]


def test_a_subfolder_is_created_and_told(host):
    answer = host.upload("s.png", png(), subfolder="rv/jobs", overwrite="true")

    assert answer.json() == {"name": "s.png", "subfolder": "rv/jobs", "type": "input"}
    assert view(host, filename="s.png", subfolder="rv/jobs").content == png()


@pytest.mark.parametrize(
    ("name", "fields"),
    [
        ("s.png", {"subfolder": "../evil"}),
        ("s.png", {"subfolder": "rv/../../x"}),
        ("s.png", {"subfolder": "/srv/elsewhere"}),
        ("../esc.png", {}),
    ],
)
def test_an_upload_cannot_leave_its_folder(name, fields, host):
    assert host.upload(name, png(), **fields).status_code == 400
    assert not list(host.base.parent.glob("*.png"))


@pytest.mark.parametrize(("name", "fields"), [("o.png", {"type": "nonsense"}), ("x" * 300, {})])
def test_an_impossible_upload_gets_the_real_servers_500(name, fields, host):
    assert host.upload(name, png(), **fields).status_code == 500


def test_an_upload_without_a_file_is_refused(host):
    assert host.http.post("/upload/image", data={"x": "y"}).status_code == 400


def test_content_is_not_looked_at(host):
    assert host.upload("notimg.txt", b"").json()["name"] == "notimg.txt"


def test_a_body_over_the_limit_is_refused(host):
    assert host.upload("big.bin", bytes(101 << 20)).status_code == 413


def test_a_mask_becomes_the_alpha_of_its_original(host):
    host.upload("orig.png", png(30, 40), overwrite="true")
    mask = png(30, 40, mode="RGBA")
    reference = json.dumps({"filename": "orig.png", "type": "input"})
    answer = host.http.post(
        "/upload/mask", files={"image": ("masked.png", mask)}, data={"original_ref": reference}
    )
    merged = np.asarray(Image.open(host.base / "input" / answer.json()["name"]))

    assert np.array_equal(merged[..., :3], np.asarray(Image.open(io.BytesIO(png(30, 40)))))
    assert np.array_equal(merged[..., 3], np.asarray(Image.open(io.BytesIO(mask)))[..., 3])


@pytest.mark.parametrize("filename", ["nope.png", "../../secret"])
def test_a_mask_without_its_original_writes_nothing(filename, host):
    reference = json.dumps({"filename": filename, "type": "input"})
    answer = host.http.post(
        "/upload/mask", files={"image": ("lost.png", png())}, data={"original_ref": reference}
    )

    assert answer.status_code == 200
    assert view(host, filename="lost.png").status_code == 404


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ({"filename": "nope.png"}, 404),
        ({"filename": ""}, 400),
        ({"filename": "v.png", "type": "bogus"}, 400),
        ({"filename": "../v.png"}, 400),
        ({"filename": "/etc/passwd"}, 400),
        ({"filename": "passwd", "subfolder": "../../../etc"}, 403),
        ({"filename": "passwd", "subfolder": "/etc"}, 403),
        ({"filename": "sub/v.png"}, 200),
        ({"filename": "v.png [input]", "type": "output"}, 200),
        ({"filename": "text.png", "preview": "webp"}, 500),
    ],
)
def test_view_answers_as_measured(query, status, host):
    host.upload("v.png", png(), overwrite="true")
    host.upload("text.png", b"hello", overwrite="true")

    assert view(host, **query).status_code == status


def test_view_serves_ranges_and_remembers_tags(host):
    host.upload("v.png", png(), overwrite="true")
    whole = view(host, filename="v.png")
    part = host.http.get(
        "/view", params={"filename": "v.png", "type": "input"}, headers={"Range": "bytes=0-99"}
    )
    same = host.http.get(
        "/view",
        params={"filename": "v.png", "type": "input"},
        headers={"If-None-Match": whole.headers["ETag"]},
    )

    assert (part.status_code, part.content) == (206, png()[:100])
    assert same.status_code == 304
    assert whole.headers["Content-Disposition"] == 'filename="v.png"'
    assert whole.headers["X-Content-Type-Options"] == "nosniff"


def test_an_active_document_is_only_downloaded(host):
    host.upload("evil.html", b"<script>", overwrite="true")
    answer = view(host, filename="evil.html")

    assert answer.headers["Content-Type"] == "application/octet-stream"
    assert answer.headers["Content-Disposition"].startswith("attachment")


@pytest.mark.parametrize(
    ("query", "kind", "mode"),
    [
        ({"preview": "webp"}, "WEBP", "RGBA"),
        ({"preview": "jpeg;70"}, "JPEG", "RGB"),
        ({"preview": "jpeg", "channel": "a"}, "WEBP", "RGBA"),
        ({"channel": "rgb"}, "PNG", "RGB"),
        ({"channel": "a"}, "PNG", "RGBA"),
    ],
)
def test_previews_and_channels_are_reencoded(query, kind, mode, host):
    host.upload("rgba.png", png(mode="RGBA"), overwrite="true")
    picture = Image.open(io.BytesIO(view(host, filename="rgba.png", **query).content))

    assert (picture.format, picture.mode) == (kind, mode)


def save(host, prefix):
    host.upload("a.png", png(24, 32), overwrite="true")
    graph = {
        "1": node("LoadImage", image="a.png"),
        "4": node("SaveImage", images=["1", 0], filename_prefix=prefix),
    }
    prompt_id, messages = host.run(graph)
    return host.history(prompt_id), messages


@pytest.mark.parametrize(
    ("prefix", "subfolder", "filename"),
    [
        ("deep/er/name", "deep/er", "name_00001_.png"),
        ("a/../b/x", "b", "x_00001_.png"),
        ("size-%width%x%height%", "", "size-32x24_00001_.png"),
    ],
)
def test_a_prefix_names_folder_and_file(prefix, subfolder, filename, host):
    entry, _ = save(host, prefix)

    expected = {"filename": filename, "subfolder": subfolder, "type": "output"}
    assert entry["outputs"]["4"]["images"] == [expected]


def test_the_counter_goes_on_after_the_highest_file(host):
    save(host, "count")
    (host.base / "output" / "count_00007_.png").write_bytes(b"")
    host.http.post("/free", json={"free_memory": True})
    entry, _ = save(host, "count")

    assert entry["outputs"]["4"]["images"][0]["filename"] == "count_00008_.png"


@pytest.mark.parametrize("prefix", ["../out", "/tmp/out", "a/../../out"])
def test_a_prefix_outside_the_folder_fails_the_run(prefix, host):
    entry, messages = save(host, prefix)

    assert entry["status"]["status_str"] == "error"
    assert not [m for m in messages if m["type"] == "executed"]


def test_saved_files_carry_their_graph(host):
    entry, _ = save(host, "graph")
    picture = Image.open(host.base / "output" / entry["outputs"]["4"]["images"][0]["filename"])
    graph = json.loads(picture.text["prompt"])

    assert graph["4"]["inputs"]["filename_prefix"] == "graph"
    assert len(graph["1"]["is_changed"][0]) == 64


def test_temp_is_empty_after_a_restart_and_output_is_not(tmp_path):
    (tmp_path / "temp").mkdir()
    (tmp_path / "output").mkdir()
    (tmp_path / "temp" / "old.png").write_bytes(b"x")
    (tmp_path / "output" / "kept.png").write_bytes(b"x")
    HostProcess(tmp_path).close()

    assert [p.name for p in tmp_path.rglob("*.png")] == ["kept.png"]


def test_a_daemons_host_forgets_results_of_last_week(tmp_path):
    (tmp_path / "output" / "old").mkdir(parents=True)
    old, new = tmp_path / "output" / "old" / "x.png", tmp_path / "output" / "y.png"
    old.write_bytes(b"x")
    new.write_bytes(b"x")
    os.utime(old, (0, 0))
    HostProcess(tmp_path).close()

    assert (old.exists(), new.exists()) == (False, True)


def test_a_head_request_tells_one_content_from_another(host):
    def head() -> tuple[str, str]:
        answer = host.http.head("/view", params={"filename": "head.png", "type": "input"})
        return answer.headers.get("etag", ""), answer.headers.get("content-length", "")

    assert host.http.head("/view", params={"filename": "absent.png"}).status_code == 404
    host.upload("head.png", png(seed=5), overwrite="1")
    first = head()
    host.upload("head.png", png(seed=6), overwrite="1")
    assert first[0]
    assert first[1] == str(len(png(seed=5)))
    assert head() != first


def test_a_client_sends_a_picture_again_only_when_the_host_lost_it(host, tmp_path):
    picture = tmp_path / "sent.png"
    picture.write_bytes(png(seed=7))
    folder = host.base / "input" / "rabbitviewer"

    async def story() -> list[float]:
        client = ComfyUIClient(parse_url(f"http://127.0.0.1:{host.port}"))
        made = []
        for _ in range(2):
            name = (await client.place_image(picture)).name
            made.append((folder / name).stat().st_mtime_ns)
        (folder / name).unlink()
        await client.place_image(picture)
        made.append((folder / name).stat().st_mtime_ns)
        await client.close()
        return made

    first, second, third = asyncio.run(story())
    assert first == second
    assert third > second
