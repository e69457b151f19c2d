"""Failures counted by key: who fails too often waits."""

from __future__ import annotations

import threading
import time

#: With more keys than these, those that may try again are forgotten.
_MANY = 10_000


class Throttle:
    """Counts failures by key and shuts a key out for a while after too many. Safe to share between threads."""

    def __init__(self, *, failures: int = 5, window_s: float = 300.0) -> None:
        self.failures = failures
        self.window_s = window_s
        self._failed: dict[str, list[float]] = {}
        self._lock = threading.Lock()

    def wait_s(self, key: str) -> float:
        """Seconds until the key may try again; 0 when it may now."""
        now = time.monotonic()
        with self._lock:
            recent = [at for at in self._failed.get(key, ()) if now - at < self.window_s]
            if recent:
                self._failed[key] = recent
            else:
                self._failed.pop(key, None)
            return self.window_s - (now - recent[-self.failures]) if len(recent) >= self.failures else 0.0

    def failed(self, key: str) -> None:
        with self._lock:
            now = time.monotonic()
            self._failed.setdefault(key, []).append(now)
            if len(self._failed) > _MANY:
                self._failed = {name: at for name, at in self._failed.items() if now - at[-1] < self.window_s}

    def succeeded(self, key: str) -> None:
        with self._lock:
            self._failed.pop(key, None)
