"""The drawer at a start: what is foreign in its folders is put aside, and is no trouble with the port."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from app import server
from app.config import Config
from app.store.drawer import Drawer


def test_what_is_foreign_in_its_folders_is_put_aside(tmp_path: Path) -> None:
    foreign = [tmp_path / name for name in ("pins/3.pin", "setups/3.json", "recordings/3.json")]
    for path in foreign:
        path.mkdir(parents=True)
    drawer = Drawer(tmp_path, dict, lambda *_: None, {})
    assert drawer.pins.told == drawer.setups.told == drawer.recordings.told == []
    assert all(path.with_name(path.name + ".bad").is_dir() for path in foreign)


@pytest.mark.parametrize(
    ("broken", "said"),
    [("listen", "Cannot listen on 127.0.0.1:0: "), ("Drawer", "Cannot start: ")],
)
def test_only_trouble_with_the_port_is_called_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], broken: str, said: str
) -> None:
    def fail(*_: object) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO), "/data/pins")

    monkeypatch.setattr(server, broken, fail)
    assert server.serve(Config(port=0, bind="127.0.0.1")) == 1
    err = capsys.readouterr().err
    assert err.startswith(said)
    assert os.strerror(errno.EIO) in err
    assert err.count("\n") == 1
