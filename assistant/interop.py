"""The assistant as a langchain-core ``Runnable``: a question or a conversation in, the contract's answer out."""

from __future__ import annotations

from typing import Any

from langchain_core.runnables import Runnable, RunnableConfig

from assistant.answer import Assistant
from assistant.contract import answer_json
from assistant.records import Turn
from retrieval.scope import Scope


class PolicydeskRunnable(Runnable[str | dict[str, Any], dict[str, Any]]):
    """``invoke("question")`` or ``invoke({"question": .., "history": [{"question", "answer"}, ..]})``.

    :param scope: what the answers may see; by default what has no audience.
    """

    def __init__(self, assistant: Assistant, *, scope: Scope | None = None) -> None:
        self._assistant = assistant
        self._scope = scope or Scope()

    def invoke(
        self, input: str | dict[str, Any], config: RunnableConfig | None = None, **kwargs: Any
    ) -> dict[str, Any]:
        asked: dict[str, Any] = {"question": input} if isinstance(input, str) else input
        history = [Turn(turn["question"], turn.get("answer", "")) for turn in asked.get("history", ())]
        return answer_json(self._assistant.answer(asked["question"], scope=self._scope, history=history))
