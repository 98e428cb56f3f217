"""`python -m tests.announce`: says how long `make test` takes and what it skips."""

import os

from tests.e2e.browser.site import chromium

_ABOUT = "about 5 minutes on 2 cores"
_ELSEWHERE = "make test-deploy, local-invoke, soak, faults, load, fuzz, breaks"


def main() -> None:
    """Print it."""
    print(f"  {_ABOUT}; tests that take longer have targets of their own: {_ELSEWHERE}")
    if chromium() is None:
        consequence = "fail" if os.environ.get("CI") else "are skipped"
        print(
            f"  the browser tests {consequence}: there is no Chromium (apt install chromium, or "
            "name it in the variable CHROMIUM)",
            flush=True,
        )


if __name__ == "__main__":
    main()
