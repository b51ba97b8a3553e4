import json
import tarfile
from io import BytesIO
from pathlib import Path

from tools.images.build import compute_content_hash, compute_tags
from tools.images.definitions import IMAGES
from tools.images.engines import write_tags


def write_archive(path: Path) -> None:
    with tarfile.open(path, "w") as archive:
        for name, text in {
            "layer.tar": "bytes of a layer",
            "manifest.json": json.dumps([{"Config": "c.json", "RepoTags": ["one:1"], "Layers": ["layer.tar"]}]),
            "repositories": "{}",
        }.items():
            member = tarfile.TarInfo(name)
            member.size = len(text)
            archive.addfile(member, BytesIO(text.encode()))


def test_tags_are_rewritten_and_layers_kept(tmp_path: Path) -> None:
    write_archive(tmp_path / "in.tar")

    write_tags(tmp_path / "in.tar", tmp_path / "out.tar", ["one:1", "one:1-next"])

    with tarfile.open(tmp_path / "out.tar") as archive:
        assert archive.getnames() == ["layer.tar", "manifest.json"]
        manifest, layer = archive.extractfile("manifest.json"), archive.extractfile("layer.tar")
        assert manifest is not None
        assert layer is not None
        assert json.load(manifest)[0]["RepoTags"] == ["one:1", "one:1-next"]
        assert layer.read() == b"bytes of a layer"


def test_every_image_has_a_dockerfile_and_a_tag_of_its_content() -> None:
    for key in IMAGES:
        assert compute_tags(key)[0].endswith(compute_content_hash(key))


def test_an_image_changes_with_its_base() -> None:
    assert compute_content_hash("base") != compute_content_hash("redis") != compute_content_hash("postgres")


def test_the_api_has_a_second_version_to_roll_to() -> None:
    first, second = compute_tags("api")
    assert second == f"{first}-next"
