"""Our own rules: what families of models take, where published data does not say it or says it wrongly.

One table, general rules before special ones: of those that fit a model, all apply, and a later one wins. A rule fits by
the family, the range of versions (from `since`, below `before`), a pattern in the name, and the API by which the model
is called, where one is named. A range without an end holds for what will come: an unknown model gets its family's
newest.

The keys are those of `ModelOptions`, and `context` (tokens) and `inputs` (kinds of input). `source` says who found it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from gateway.providers.models.names import Version

_END: Final[Version] = (1000, 0)
_UP_TO_HIGH: Final = ("low", "medium", "high")
_PLAIN: Final[Mapping[str, Any]] = {"reasoning_effort": False}
_TEXT: Final = frozenset({"text"})
_SEES: Final = frozenset({"text", "image", "pdf"})
_OPENAI_REASONING: Final = frozenset({"logprobs", "logit_bias", "presence_penalty", "frequency_penalty"})


@dataclass(frozen=True, slots=True)
class Rule:
    """One row. `name` is searched for in the model's name; `apis` are providers' names, none for any."""

    family: str
    says: Mapping[str, Any]
    source: str
    since: Version = (0, 0)
    before: Version = _END
    name: str = ""
    apis: frozenset[str] = field(default=frozenset())


_VENDORS: Final = tuple(
    Rule(family, {"any_calls": False}, "cline/cline#11877, decolua/9router#393")
    for family in ("claude", "gpt", "o", "gemini", "grok", "mistral")
)
"""Families whose vendors check the names and ids of tools, also behind a server of one's own."""

_EFFORT_DOCS: Final = "platform.claude.com/docs/en/build-with-claude/effort"
_CLAUDE: Final = (
    Rule("claude", {"root_combinators": False}, "langchain-ai/langchain#39271"),
    Rule(
        "claude", {"thinking": False, "reasoning_effort": False}, "docs.anthropic.com: extended thinking", before=(3, 7)
    ),
    Rule("claude", {"reasoning_effort": False}, _EFFORT_DOCS, since=(3, 7), before=(4, 6)),
    Rule("claude", {"reasoning_effort": True, "efforts": _UP_TO_HIGH}, _EFFORT_DOCS, (4, 5), (4, 6), name="opus"),
    Rule(
        "claude",
        {"adaptive_thinking": True, "reasoning_effort": True, "efforts": ("low", "medium", "high", "max")},
        _EFFORT_DOCS,
        since=(4, 6),
        before=(4, 7),
    ),
    Rule(
        "claude",
        {
            "adaptive_thinking": True,
            "reasoning_effort": True,
            "efforts": ("low", "medium", "high", "xhigh", "max"),
            "sampling": False,
            "max_tokens_limit": 128_000,
            "context": 1_000_000,
            "inputs": _SEES,
        },
        "lidge-jun/opencodex#65, NousResearch/hermes-agent#11137",
        since=(4, 7),
    ),
    Rule("claude", {"both_sampling": False}, "open-webui/pipelines#546, BerriAI/litellm#15097", since=(4, 1)),
    Rule("claude", {"thinking_off": False}, "NousResearch/hermes-agent#11137", since=(4, 7), before=(5, 0)),
    Rule("claude", {"thinking_off": False}, "docs.aws.amazon.com: adaptive thinking", name="fable|mythos"),
    Rule("claude", {"prefill": False}, "langchain-ai/deepagents#1585, charmbracelet/crush#2300", since=(4, 6)),
    Rule("claude", {"late_system": True}, "vercel/ai#15674, langchain-ai/langchainjs#11922", since=(4, 8)),
)

_REASONING_DOCS: Final = "developers.openai.com/api/docs/guides/reasoning"
_GPT: Final = (
    Rule("gpt", {"root_combinators": False}, "earendil-works/pi#1745"),
    Rule("gpt", {"user_limit": 64}, "looplj/axonhub#1669, earendil-works/pi#4720"),
    Rule(
        "gpt",
        {"reasoning_effort": False, "custom_tools": False, "refused": frozenset({"verbosity"})},
        "davidmigloz/langchain_dart#712",
        before=(5, 0),
    ),
    Rule(
        "gpt",
        {
            "max_tokens_field": "max_completion_tokens",
            "sampling": False,
            "refused": _OPENAI_REASONING,
            "stop_limit": 0,
        },
        "UKGovernmentBEIS/inspect_ai#3721",
        since=(5, 0),
    ),
    Rule("gpt", {"efforts": ("minimal", *_UP_TO_HIGH)}, _REASONING_DOCS, since=(5, 0), before=(5, 1)),
    Rule("gpt", {"efforts": ("none", *_UP_TO_HIGH)}, _REASONING_DOCS, since=(5, 1), before=(5, 2)),
    Rule("gpt", {"efforts": ("none", *_UP_TO_HIGH, "xhigh")}, _REASONING_DOCS, since=(5, 2), before=(5, 6)),
    Rule(
        "gpt",
        {
            "efforts": ("none", *_UP_TO_HIGH, "xhigh", "max"),
            "max_tokens_limit": 128_000,
            "context": 1_050_000,
            "inputs": _SEES,
        },
        "enricoros/big-AGI#1159, developers.openai.com/api/docs/models",
        since=(5, 6),
    ),
    Rule(
        "gpt",
        {"sampling": True, "sampling_with_reasoning": False},
        "BerriAI/litellm#27168",
        since=(5, 1),
        before=(5, 5),
    ),
    Rule("gpt", {"effort_with_tools": "absent"}, "livekit/agents#5088", since=(5, 2), before=(5, 5)),
    Rule("gpt", {"effort_with_tools": "none"}, "jeffdafoe/llm-memory-api#178, BerriAI/litellm#34569", since=(5, 5)),
    Rule("gpt", {"efforts": _UP_TO_HIGH}, _REASONING_DOCS, (5, 0), (5, 2), name="codex"),
    Rule("gpt", {"efforts": (*_UP_TO_HIGH, "xhigh")}, _REASONING_DOCS, (5, 1), name="codex-max"),
    Rule("gpt", {"efforts": (*_UP_TO_HIGH, "xhigh")}, _REASONING_DOCS, (5, 2), (5, 6), name="codex"),
    Rule("gpt", {"efforts": ("high",), "sampling": False}, _REASONING_DOCS, (5, 0), (5, 2), name="-pro"),
    Rule("gpt", {"efforts": ("medium", "high", "xhigh"), "sampling": False}, _REASONING_DOCS, (5, 2), name="-pro"),
    Rule("gpt", {"reasoning_effort": False, "sampling": True}, _REASONING_DOCS, (5, 0), (5, 1), name="-chat"),
    Rule("gpt", {"efforts": ("medium",)}, "truefoundry/models#1665", since=(5, 1), name="-chat"),
    Rule("gpt", {"efforts": (*_UP_TO_HIGH, "xhigh", "max")}, "The-PR-Agent/pr-agent#3259", since=(6, 0), name="astra"),
)

_O: Final = (
    Rule(
        "o",
        {
            "max_tokens_field": "max_completion_tokens",
            "efforts": _UP_TO_HIGH,
            "sampling": False,
            "custom_tools": False,
            "root_combinators": False,
            "stop_limit": 0,
            "refused": _OPENAI_REASONING | {"verbosity", "parallel_tool_calls"},
        },
        _REASONING_DOCS,
    ),
    Rule("o", {"reasoning_effort": False}, _REASONING_DOCS, name="^o1-(?:mini|preview)"),
)

_GEMINI: Final = (
    Rule("gemini", _PLAIN, "ai.google.dev/gemini-api/docs/openai", before=(2, 5)),
    Rule("gemini", {"efforts": ("none", *_UP_TO_HIGH)}, "ai.google.dev/gemini-api/docs/openai", (2, 5), (3, 0)),
    Rule("gemini", {"efforts": _UP_TO_HIGH}, "ai.google.dev/gemini-api/docs/openai", (2, 5), (3, 0), name="pro"),
    Rule(
        "gemini",
        {"efforts": ("minimal", *_UP_TO_HIGH), "thought_signatures": True},
        "router-for-me/CLIProxyAPI#2360, ai.google.dev/gemini-api/docs/thinking-mode",
        since=(3, 0),
    ),
    Rule(
        "gemini",
        {"max_tokens_limit": 65_536, "context": 1_048_576},
        "ai.google.dev/gemini-api/docs/models",
        since=(3, 5),
    ),
    Rule("gemini", {"efforts": _UP_TO_HIGH}, "docs.rs/adk-model: ThinkingLevel", since=(3, 0), name="pro"),
)

_GROK_DOCS: Final = "docs.x.ai: reasoning"
_GROK_REFUSES: Final[Mapping[str, Any]] = {
    "refused": frozenset({"presence_penalty", "frequency_penalty"}),
    "stop_limit": 0,
}
_GROK: Final = (
    Rule("grok", _PLAIN, _GROK_DOCS, before=(4, 3)),
    Rule("grok", {"reasoning_effort": True, "efforts": ("low", "high")}, _GROK_DOCS, (3, 0), (4, 0), name="mini"),
    Rule("grok", _GROK_REFUSES, _GROK_DOCS, since=(4, 0)),
    Rule("grok", {"efforts": ("none", *_UP_TO_HIGH)}, "enricoros/big-AGI#1104", since=(4, 3), before=(4, 4)),
    Rule("grok", {"efforts": _UP_TO_HIGH}, "anomalyco/opencode#39448", since=(4, 4), before=(4, 6)),
    Rule("grok", {"context": 500_000, "inputs": _SEES}, "Zoo-Code-Org/Zoo-Code#866", since=(4, 4), before=(4, 20)),
    Rule("grok", {"efforts": (*_UP_TO_HIGH, "xhigh")}, "docs.rs/vtcode-core: ReasoningEffortLevel", since=(4, 6)),
    Rule("grok", _PLAIN, _GROK_DOCS, name=r"4[.-]20|code|build|non-reasoning"),
    Rule(
        "grok",
        {"reasoning_effort": True, "efforts": (*_UP_TO_HIGH, "xhigh")},
        "enricoros/big-AGI#1104",
        name="multi-agent",
    ),
)

_MISTRAL: Final = (
    Rule("mistral", _PLAIN, "docs.mistral.ai: reasoning"),
    Rule(
        "mistral",
        {"reasoning_effort": True, "efforts": ("none", "high")},
        "anomalyco/models.dev#1986, architects-toolkit/SmartHopper#647",
        since=(26, 3),
        name="(?:mistral-small|mistral-medium|magistral)",
    ),
    Rule("mistral", _PLAIN, "docs.mistral.ai: reasoning", name="medium-3-1"),
)

_OPEN: Final = (
    Rule("gpt-oss", {"efforts": _UP_TO_HIGH}, "console.groq.com/docs/reasoning"),
    Rule(
        "deepseek",
        {
            "reasoning_content": True,
            "reasoning_content_required": True,
            "efforts": (*_UP_TO_HIGH, "max"),
            "max_tokens_limit": 384_000,
            "context": 1_000_000,
            "inputs": _TEXT,
        },
        "earendil-works/pi#3635, danny-avila/LibreChat#13366",
        since=(4, 0),
    ),
    Rule("deepseek", _PLAIN, "api-docs.deepseek.com: reasoning model", before=(4, 0)),
    Rule("kimi", _PLAIN, "platform.kimi.ai/docs", before=(3, 0)),
    Rule(
        "kimi",
        {"reasoning_content": True, "reasoning_content_required": True, "sampling": False},
        "router-for-me/CLIProxyAPI#3710, anomalyco/models.dev#3331",
        since=(2, 5),
    ),
    Rule(
        "kimi",
        {"reasoning_content": True, "reasoning_content_required": True},
        "QuantumNous/new-api#3121",
        name="thinking",
    ),
    Rule("kimi", {"efforts": ("low", "high", "max")}, "docs.rs/vtcode-core: ReasoningEffortLevel", since=(3, 0)),
    Rule("glm", _PLAIN, "anomalyco/models.dev#2301", before=(5, 2)),
    Rule("glm", {"reasoning_content": True}, "docs.z.ai: thinking mode", since=(4, 7)),
    Rule("glm", {"efforts": ("none", "high", "max")}, "anomalyco/models.dev#7334", since=(5, 2), before=(5, 3)),
    Rule("glm", {"efforts": ("low", "high", "max")}, "charmbracelet/catwalk#603", since=(5, 3)),
    Rule("glm", {"max_tokens_limit": 131_072, "context": 1_000_000}, "can1357/oh-my-pi#2833", since=(5, 2)),
    Rule("qwen", _PLAIN, "theopenco/llmgateway#3422", apis=frozenset({"groq", "cerebras", "qwen"})),
    Rule("llama", _PLAIN, "console.groq.com/docs/reasoning"),
    Rule("minimax", _PLAIN, "platform.minimax.io/docs"),
)

_OWN_MACHINE: Final = frozenset({"vllm", "lm_studio", "ollama"})
_SERVERS: Final = (
    Rule(
        "", {"sampling": True, "max_tokens_limit": None, "any_calls": True}, "vllm: SamplingParams", apis=_OWN_MACHINE
    ),
    Rule("", {"efforts": _UP_TO_HIGH}, "vllm: ChatCompletionRequest", apis=frozenset({"vllm", "lm_studio"})),
    Rule("", {"efforts": ("none", *_UP_TO_HIGH)}, "ollama/ollama#11766", apis=frozenset({"ollama"})),
)
"""What servers take, whatever the model."""

RULES: Final = (*_VENDORS, *_CLAUDE, *_GPT, *_O, *_GEMINI, *_GROK, *_MISTRAL, *_OPEN, *_SERVERS)
