"""Write docs/supervision.md anew from what a real server does: `python -m tests.story_page`."""

from gevent import monkey

monkey.patch_all()

from pathlib import Path  # noqa: E402

from tests.story import BLOCK, SUPERVISION, perform, reader, tutorial_server  # noqa: E402


def main(page: Path = SUPERVISION) -> None:
    """Write the document anew."""
    with tutorial_server() as server:
        ann = reader(server)
        told = BLOCK.sub(
            lambda found: f"{found['kind']}\n{perform(server, ann, found['kind'], found['text'])}",
            page.read_text(encoding="utf-8"),
        )
    page.write_text(told, encoding="utf-8")


if __name__ == "__main__":
    main()
