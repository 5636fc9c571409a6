import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import yaml
from PIL import Image

import hunmin
from hunmin.errors import InputError
from hunmin.hub.pulled import HubName
from hunmin.recognize.recognizer import BUNDLED_MODEL, Recognizer
from tests.cli.conftest import Hunmin
from tests.cli.conftest import hunmin as hunmin_command  # noqa: F401 - a fixture
from tests.cli.tiny_model import tiny_model
from tests.hub.stand_in import TOKEN, Hub, Repository, stand_in

constants = pytest.importorskip("huggingface_hub.constants")

pytestmark = [
    # The library's client leaves its sockets to the collector, and uploads in a way that httpx2 has deprecated.
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
    pytest.mark.filterwarnings("ignore:Use 'content:DeprecationWarning"),
]


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    monkeypatch.setenv("HF_HUB_DISABLE_PROGRESS_BARS", "1")  # the commands set it
    monkeypatch.setattr(constants, "HF_HUB_DISABLE_XET", True)  # its storage is another protocol than HTTP
    with stand_in() as standing_in:
        monkeypatch.setenv("HF_ENDPOINT", standing_in.address)
        yield standing_in


@pytest.fixture
def published(hub: Hub) -> Repository:
    repository = hub.repositories["org/model"] = Repository()
    first = repository.add({"model.onnx": BUNDLED_MODEL.read_bytes(), "README.md": b"# first"})
    repository.refs["v1"] = first
    repository.add({"README.md": b"# second", "evil.py": b"import os", "model.pkl": b"\x80\x04N."})
    return repository


def test_nothing_is_downloaded_unless_it_is_asked_for_and_the_message_says_how(published: Repository, hub: Hub) -> None:
    with pytest.raises(InputError, match=r"no such file.*no model of the Hub was pulled.*: hunmin pull org/model"):
        Recognizer("org/model")
    assert hub.requests == []


def test_what_was_pulled_is_read_offline_and_holds_no_other_file(
    published: Repository, hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pulled = hunmin.pull("org/model")
    assert pulled.commit == published.refs["main"]
    assert pulled.checkpoint is None
    assert sorted(path.name for path in pulled.model.parent.iterdir()) == ["README.md", "model.onnx"]
    assert not [path for path in (tmp_path / "cache").rglob("*") if path.suffix in (".py", ".pkl")]
    num_requests = len(hub.requests)
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    crop = np.full((48, 200, 3), 255, np.uint8)
    crop[10:40, 40:60] = 0
    assert Recognizer("org/model").recognize([crop]) == Recognizer().recognize([crop])
    assert len(hub.requests) == num_requests


def test_a_revision_is_pinned_to_its_commit(published: Repository, hub: Hub) -> None:
    pulled = hunmin.pull("org/model@v1")
    assert pulled.commit == published.refs["v1"]
    assert (pulled.model.parent / "README.md").read_bytes() == b"# first"
    with pytest.raises(InputError, match=r"hunmin pull org/model$"):
        Recognizer("org/model")  # v1 is not what main is
    published.refs["v1"] = published.refs["main"]  # somebody moves the tag; what was pulled stays what it was
    assert str(pulled.model) in repr(Recognizer("org/model@v1", language=None))
    assert str(pulled.model) in repr(Recognizer(f"org/model@{pulled.commit}", language=None))


def test_a_file_that_is_not_what_the_hub_says_is_refused_and_fetched_anew(published: Repository, hub: Hub) -> None:
    honest = BUNDLED_MODEL.read_bytes()
    hub.lies["model.onnx"] = honest[:-1] + bytes([honest[-1] ^ 1])
    with pytest.raises(InputError, match=r"model\.onnx is damaged"):
        hunmin.pull("org/model")
    with pytest.raises(InputError, match="hunmin pull org/model"):
        Recognizer("org/model")
    hub.lies.clear()
    assert hunmin.pull("org/model").model.read_bytes() == honest


def test_a_model_that_is_none_of_ours_is_refused(hub: Hub, tmp_path: Path) -> None:
    hub.repositories["org/other"] = Repository()
    hub.repositories["org/other"].add({"model.onnx": b"no model"})
    with pytest.raises(InputError, match="not an ONNX model"):
        hunmin.pull("org/other")
    hub.repositories["org/nothing"] = Repository()
    hub.repositories["org/nothing"].add({"pytorch_model.bin": b"\x80\x04N."})
    with pytest.raises(InputError, match=r"no model\.onnx"):
        hunmin.pull("org/nothing")


@pytest.mark.parametrize("place", ["../../../../secret.bin", "/etc/hostname"])
def test_a_model_that_would_read_files_of_this_machine_is_refused(hub: Hub, tmp_path: Path, place: str) -> None:
    onnx = pytest.importorskip("onnx")
    (tmp_path / "secret.bin").write_bytes(bytes(16))
    weights = onnx.TensorProto(name="w", data_type=1, dims=[4], data_location=onnx.TensorProto.EXTERNAL)
    for key, value in (("location", place), ("offset", "0"), ("length", "4")):
        weights.external_data.add(key=key, value=value)
    places = [onnx.helper.make_tensor_value_info(name, 1, [4]) for name in "xy"]
    graph = onnx.helper.make_graph(
        [onnx.helper.make_node("Add", ["x", "w"], ["y"])], "g", places[:1], places[1:], [weights]
    )
    model = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 17)], ir_version=9)
    hub.repositories["org/evil"] = Repository()
    hub.repositories["org/evil"].add({"model.onnx": model.SerializeToString()})
    with pytest.raises(InputError, match="External data path validation failed"):
        hunmin.pull("org/evil")


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("org/absent", "no such model, or it is private"),
        ("org/model@v9", "has no revision 'v9'"),
        ("../model", "is no name of a model"),
        ("org/..", "is no name of a model"),
        ("org/model@../../x", "is no name of a model"),
        ("model", "is no name of a model"),
    ],
)
def test_what_cannot_be_pulled_is_told_in_one_line(published: Repository, name: str, told: str) -> None:
    with pytest.raises(InputError, match=told) as refused:
        hunmin.pull(name)
    assert "\n" not in str(refused.value)
    assert TOKEN not in str(refused.value)


def test_a_hub_that_cannot_be_reached_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path))
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    with pytest.raises(InputError, match=r"http://127\.0\.0\.1:9 cannot be reached"):
        hunmin.pull("org/model")


def test_a_file_of_that_name_goes_before_the_hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "org").mkdir()
    shutil.copy(BUNDLED_MODEL, "org/model")
    assert "org/model" in repr(Recognizer("org/model", language=None))


def test_names() -> None:
    assert str(HubName.parse("org/model")) == "org/model"
    assert HubName.parse("org/model@refs/pr/1") == HubName("org/model", "refs/pr/1")
    for wrong in ("a/b/c", "org/-x", "org/x.", "a--b/c", "org/mo del", "org/model@", "org/" + "x" * 96):
        with pytest.raises(InputError):
            HubName.parse(wrong)


def test_a_pushed_model_is_private_tagged_and_comes_back_the_same(hub: Hub) -> None:
    pushed = hunmin.push("bundled", "org/mine@v1", licence="apache-2.0")
    repository = hub.repositories["org/mine"]
    assert repository.private
    assert repository.refs == {"main": pushed.commit, "v1": pushed.commit}
    files = repository.commits[pushed.commit]
    assert files["model.onnx"] == BUNDLED_MODEL.read_bytes()
    _, head, text = files["README.md"].decode().split("---\n", 2)
    about = yaml.safe_load(head)
    assert (about["language"], about["license"], about["library_name"]) == (["ko"], "apache-2.0", "hunmin")
    assert "hunmin pull org/mine" in text
    assert hunmin.pull("org/mine@v1").commit == pushed.commit
    with pytest.raises(InputError, match="has a revision 'v1'"):
        hunmin.push("bundled", "org/mine@v1")


def test_a_card_that_somebody_wrote_stays_unless_another_is_given(hub: Hub, tmp_path: Path) -> None:
    hunmin.push("bundled", "org/mine")
    repository = hub.repositories["org/mine"]
    repository.add({"README.md": b"# by hand"})
    assert hunmin.push("bundled-int8", "org/mine").has_own_card
    assert repository.commits[repository.refs["main"]]["README.md"] == b"# by hand"
    (tmp_path / "card.md").write_text("---\nlicense: mit\n---\n# mine\n")
    assert not hunmin.push("bundled", "org/mine", card=tmp_path / "card.md").has_own_card
    assert repository.commits[repository.refs["main"]]["README.md"].endswith(b"# mine\n")


def test_what_everybody_sees_needs_a_word(hub: Hub) -> None:
    hub.repositories["org/public"] = Repository()
    hub.repositories["org/public"].add({"README.md": b"#"})
    with pytest.raises(InputError, match="everybody sees org/public; give --public"):
        hunmin.push("bundled", "org/public")
    assert list(hub.repositories["org/public"].commits[hub.repositories["org/public"].refs["main"]]) == ["README.md"]
    hunmin.push("bundled", "org/public", public=True)


def test_a_push_that_is_refused_says_why(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InputError, match='"license" must be one of'):
        hunmin.push("bundled", "org/mine", licence="nonsense")
    monkeypatch.setenv("HF_TOKEN", "hf_wrong")
    with pytest.raises(InputError, match="401 Unauthorized; give a token"):
        hunmin.push("bundled", "org/mine2")


def test_the_card_tells_how_it_was_measured_and_nothing_of_the_data(hub: Hub, tmp_path: Path) -> None:
    secret = tmp_path / "contracts-of-kim"
    secret.mkdir()
    Image.new("L", (90, 48), 255).save(secret / "a.png")
    (secret / "labels.tsv").write_text("path\ttext\na.png\t가나\n", encoding="utf-8")
    pushed = hunmin.push("bundled", "org/mine", data=secret)
    card = hub.repositories["org/mine"].commits[pushed.commit]["README.md"].decode()
    assert "Of 1 labelled lines it reads 0.0% without a mistake; 100.0% of the characters are wrong" in card
    assert yaml.safe_load(card.split("---\n")[1])["model-index"][0]["results"][0]["dataset"]["type"] == "private"
    assert "kim" not in card
    assert "가나" not in card


def test_the_commands_say_what_to_do_next(hub: Hub, hunmin_command: Hunmin) -> None:  # noqa: F811
    pushed = hunmin_command("push", "bundled", "org/mine")
    assert pushed.code == 0
    assert "pushed: org/mine, commit" in pushed.out
    pulled = hunmin_command("pull", "org/mine")
    assert pulled.code == 0
    assert "--model org/mine" in pulled.out
    assert f"hunmin pull org/mine@{hub.repositories['org/mine'].refs['main']}" in pulled.out
    missing = hunmin_command("recognize", __file__, "--model", "org/other")
    assert missing.code == 2
    assert "hunmin pull org/other" in missing.err


@pytest.mark.slow
def test_a_run_goes_up_in_both_forms_and_can_be_trained_on(hub: Hub, tmp_path_factory: pytest.TempPathFactory) -> None:
    made = tiny_model(tmp_path_factory.getbasetemp() / "tiny_model")
    hunmin.push(made.checkpoint, "org/tiny")
    pulled = hunmin.pull("org/tiny")
    assert pulled.checkpoint is not None
    assert pulled.checkpoint.read_bytes() == made.checkpoint.read_bytes()
    crop = np.random.default_rng(0).integers(0, 256, (32, 90, 3), dtype=np.uint8)
    (here,), (there,) = (Recognizer(one, language=None).recognize([crop]) for one in (made.onnx, "org/tiny"))
    assert here == there
