"""How many records a second the mask takes secrets out of. Prints a table, asserts nothing."""

from __future__ import annotations

import time

from golive.core.masking import PATTERNS, Mask

KIB = 1024
TEXTS = {
    "plain words": "Answered 503 in 12 ms, 4 of 27 checks did not hold. ",
    "addresses": "GET https://shop.example.com/health?page=2&size=20 answered 200; ",
    "full of secrets": "Bearer abcdefgh12345678 password=hunter2hunter2 postgres://golive:pw12345@db/x ghp_0123456789abcdef0123; ",
}


def main() -> None:
    """Records of 1 KiB, one kind of text after the other."""
    mask = Mask([f"operators-secret-{n}" for n in range(20)])
    print(f"{len(PATTERNS)} patterns, 20 known secrets, records of 1 KiB; should be over 2,000 a second")
    for name, text in TEXTS.items():
        record = (text * (KIB // len(text) + 1))[:KIB]
        began, count = time.perf_counter(), 0
        while time.perf_counter() - began < 1:
            mask.text(record)
            count += 1
        print(f"  {name:16} {count / (time.perf_counter() - began):9,.0f} /s")


if __name__ == "__main__":
    main()
