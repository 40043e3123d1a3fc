"""Where PyInstaller finds the hook for fastsig, by the entry point ``pyinstaller40`` of pyproject.toml."""

from pathlib import Path


def hook_folders() -> list[str]:
    """Return the folders that hold hooks."""
    return [str(Path(__file__).parent)]
