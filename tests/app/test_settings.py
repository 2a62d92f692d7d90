"""Where settings come from."""

from pathlib import Path

from app.settings import Settings


def test_the_environment_names_the_library(tmp_path: Path) -> None:
    settings = Settings.from_env({"POLYGLANCE_DATA": str(tmp_path), "POLYGLANCE_ENCODER": "starter"})

    assert (settings.data, settings.encoder) == (tmp_path, "starter")


def test_without_environment_the_platform_decides_and_the_encoder_is_automatic() -> None:
    settings = Settings.from_env({})

    assert settings.data.is_absolute()
    assert settings.data != settings.models
    assert settings.encoder == "auto"


def test_the_caller_overrides_the_environment(tmp_path: Path) -> None:
    settings = Settings.from_env({"POLYGLANCE_DATA": "/elsewhere"})

    assert settings.override(data=tmp_path).data == tmp_path
    assert settings.override().data == Path("/elsewhere")


def test_nonsense_for_a_number_keeps_the_default() -> None:
    assert Settings.from_env({"POLYGLANCE_THREADS": "many"}).threads >= 1
    assert Settings.from_env({"POLYGLANCE_THREADS": "3"}).threads == 3


def test_a_key_is_never_shown() -> None:
    assert "secret" not in repr(Settings.from_env({"POLYGLANCE_CHAT_KEY": "secret"}))
