"""The golden cases of `llm-babel`: each passes, or is refused with a clear error, or is an exception with its reason.

A case is judged twice: what is read from its body must mean what llm-babel says it means, and what is written for its
target must mean what llm-babel's own body means there. Meaning is compared, not spelling: `meaning_of_request` and
`meaning_of_answer` say what counts.
"""

from collections import Counter

import orjson
import pytest

from filters.errors import DownstreamError
from filters.formats.canonical.events import Failure, Usage
from filters.formats.canonical.request import ModelOptions, Request
from filters.formats.registry import FORMATS
from filters.formats.sse import SseEvent, SseParser
from tests.support.golden import (
    NAMES,
    cases,
    events_of,
    events_of_emits,
    meaning_of_answer,
    meaning_of_request,
    request_of,
)
from tests.support.sdks import differences

EXCEPTIONS = {
    "what a vendor's own tools did is left out of the history: the text after it tells what they found": (
        "anthropic_roundtrip__code_execution_tool_result_in_history",
        "anthropic_roundtrip__server_tool_use_replay",
    ),
    "thinking is thinking to the caller; llm-babel writes it into the text, between tags": (
        "deepseek_real__reasoning_to_anthropic",
        "gemini_to_anthropic_response__reasoning_signature_not_leaked",
        "mistral_to_anthropic__thinking_without_signature_as_text",
        "openai_responses_to_anthropic_response__reasoning_and_text",
        "openai_responses_to_anthropic_response__reasoning_tool",
    ),
    "earlier thinking of Responses is read; llm-babel drops it": (
        "openai_responses_roundtrip__reasoning_item_dropped_on_decode",
    ),
    "two summaries of one thought are two paragraphs; llm-babel runs them together": (
        "openai_responses_response__reasoning_summary_multi_and_fc",
    ),
    "a tool that the vendor's own servers have run is no call for the caller to answer": (
        "anthropic_response__code_execution_server_tool",
        "anthropic_response__web_search_server_tool",
        "gemini_real__code_execution_to_anthropic",
        "openai_responses_real__web_search",
        "openai_responses_stream__server_tool_web_search",
        "responses_response__web_search_server_tool",
    ),
    "Anthropic wants the user to begin; llm-babel writes a body that it refuses": (
        "anthropic_roundtrip__adjacent_user_and_tool_fold",
        "anthropic_roundtrip__parallel_tool_use_number_tokens",
        "anthropic_roundtrip__redacted_thinking",
        "anthropic_roundtrip__thinking_and_image",
        "anthropic_roundtrip__tool_result_is_error",
        "openai_to_anthropic__empty_tool_args",
    ),
    "a summary that the vendor made for the next request is nothing that the model said": (
        "anthropic_response__compaction_block",
    ),
    "a pause stays one, for callers that can go on after it": (
        "anthropic_response__pause_turn_maps_other",
        "anthropic_response__pause_turn_maps_to_other",
    ),
    "a refusal of OpenAI's stays text that is told as a refusal, and ends with `stop` as it does there": (
        "openai_chat_response__refusal",
        "openai_responses_response__refusal",
    ),
    "an answer that is incomplete for an unknown reason was cut short": (
        "openai_responses_response__incomplete_unlisted_reason_is_other",
        "openai_responses_stream__completed_incomplete_unlisted_reason_is_other",
    ),
    "an id that nobody gave is made up, and unique where llm-babel counts": (
        "anthropic_stream_encode__bare_tool_call",
        "anthropic_stream_encode__empty_string_id_synthesized",
        "anthropic_stream_encode__gemini_calls_without_ids",
        "openai_chat_stream_encode__empty_string_id_synthesized",
        "openai_chat_stream_encode__gemini_calls_without_ids",
        "openai_chat_stream_encode__unannounced_call_without_id_gets_synth_id",
    ),
    "usage is cumulative: what a later report leaves out stays, and what was written to the cache is told": (
        "openai_chat_stream_encode__anthropic_block_index_remap",
        "openai_chat_stream_encode__anthropic_cache_usage_inclusive",
    ),
    "vendors refuse a choice of tools, or parallel calls, where there are no tools": (
        "anthropic_roundtrip__tool_choice_auto",
        "anthropic_roundtrip__tool_choice_required",
        "deepseek_decode__tool_choice_auto",
        "deepseek_decode__tool_choice_none",
        "mistral_decode__tool_choice_auto",
        "mistral_decode__tool_choice_none",
        "openai_roundtrip__common_sampling_params",
    ),
    "Anthropic's newer models refuse temperature and top_p together": (
        "anthropic_roundtrip__stop_sequences_and_sampling",
        "request_anthropic_top_k_and_temperature_tokens",
    ),
    "Anthropic wants max_tokens to exceed the thinking budget": ("anthropic_roundtrip__provider_ext_preserved",),
    "what a model refuses is a setting of the provider (`options`), not known by its name": (
        "translate__openai_chat_o1_mini_system_as_user",
        "translate__openai_to_claude_fable_drops_deprecated_sampling",
    ),
    "Mistral's own fields are Mistral's; a caller of Chat Completions says `seed`": (
        "mistral_roundtrip__random_seed_and_safe_prompt",
        "mistral_to_deepseek__seed_dropped_json_schema_downgraded",
        "mistral_to_openai__random_seed_to_seed",
        "openai_to_mistral__json_object_and_penalties",
        "request_mistral_random_seed_and_penalty_tokens",
    ),
    "an error has OpenAI's words for its status: `server_error`, and the quota's is told by the code": (
        "anthropic_to_openai_error__other_is_api_error",
        "deepseek_error__insufficient_balance",
        "deepseek_error__unlisted_type_is_other",
        "openai_chat_error__insufficient_quota",
        "openai_chat_error__unlisted_type_is_other",
        "openai_responses_error__unlisted_type_is_other",
    ),
    "callers of Chat Completions get OpenAI's shape of errors, not Mistral's": (
        "mistral_error__rate_limit",
        "mistral_error__unlisted_type_is_other",
    ),
    "structured output and the blocks of a tool result are read; llm-babel keeps them as they are": (
        "anthropic_roundtrip__multiblock_tool_result_content",
        "anthropic_roundtrip__output_config_format",
    ),
    "what llm-babel writes is not of the vendor's format: a data URL as data, an object as content, Mistral's `any`": (
        "anthropic_to_mistral__base64_image_and_pdf_as_data_urls",
        "converse_to_anthropic__multiturn_tool_loop",
        "converse_to_anthropic__tool_result_error_status",
        "gemini_to_mistral__tool_roundtrip_name_to_id",
        "gemini_to_openai__consecutive_user_turns_not_merged",
        "gemini_to_openai__two_parallel_calls_one_turn_id_synth",
        "mistral_decode__tool_choice_required",
        "openai_chat_to_mistral__seed_and_tool_choice",
        "openai_to_anthropic__multimodal_image_base64",
    ),
}
"""Why a case is not as llm-babel has it, and the cases."""
REFUSED = {
    "files, tools and their results that live on the vendor's own servers": (
        "anthropic_roundtrip__document_file_id",
        "anthropic_roundtrip__web_search_provider_defined_tool",
        "openai_roundtrip__file_id_document",
        "openai_to_anthropic__file_id",
        "realtraffic_anthropic_to_openai__tools",
        "responses_roundtrip__web_search_provider_defined_tool",
    ),
    "sound, which only Chat Completions has": (
        "openai_chat_encode__multimodal_image_audio_doc",
        "openai_roundtrip__audio",
        "openai_roundtrip__multimodal_content",
        "openai_roundtrip__multimodal_image_audio_file",
    ),
    "several answers at once": ("openai_roundtrip__all_sampling_and_penalties", "openai_roundtrip__n_gt_1"),
    "what the vendor itself would refuse: a content that is an object, a text that is a number": (
        "anthropic_to_converse__tool_result_is_error",
        "openai_responses_roundtrip__tool_result_object_output",
        "openai_roundtrip__numeric_text_parts_joined",
    ),
    "Mistral's own words in a request": (
        "mistral_decode__tool_choice_any_forces_required",
        "mistral_roundtrip__document_url",
        "mistral_roundtrip__full_request",
        "mistral_to_openai__tool_choice_any_becomes_required",
    ),
    "an answer that the server broke off, and said so": (
        "deepseek_response__insufficient_resource",
        "deepseek_response__insufficient_system_resource_finish",
        "deepseek_stream__insufficient_resource_finish",
        "mistral_response__error_finish_reason",
    ),
}
"""What is refused, and the cases."""
CASES = cases()
STATUS = {
    "authentication": 401,
    "context_length_exceeded": 400,
    "invalid_request": 400,
    "not_found": 404,
    "other": 500,
    "overloaded": 529,
    "quota_exceeded": 429,
    "rate_limit": 429,
    "server_error": 500,
}
"""llm-babel's kinds of errors as the HTTP status that comes with them, which its cases leave out."""


def foreign(case):
    """Return why a case is not for this project, None where it is."""
    source, target = case.get("source"), case.get("target")
    if case["kind"] in {"reconcile", "betas"}:
        return "about llm-babel's own tables of models and headers"
    if source not in NAMES and (target not in NAMES or case["kind"] in {"stream", "error"}):
        return "between formats that are not spoken here"
    if source not in NAMES and "expected_ir" not in case:
        return "comes in a format that is not spoken here, without its meaning"
    return None


OURS = sorted(name for name, case in CASES.items() if foreign(case) is None)


class RefusedError(Exception):
    """An answer of a provider became a `Failure`."""


def read(events):
    """Return the events of an answer that ended well."""
    for event in events:
        if isinstance(event, Failure):
            raise RefusedError(event.message)
    return events


def streamed(wire, events):
    decoder = FORMATS[wire].codec.stream_decoder()
    given = [told for event in events for told in decoder.feed(SseEvent(event.get("type", ""), orjson.dumps(event)))]
    return read([*given, *decoder.close()])


def judge_request(case, source, target):
    asked = FORMATS[source].codec.decode_request(case["input_wire"]) if source else request_of(case["expected_ir"])
    if source and "expected_ir" in case:
        yield from differences(meaning_of_request(asked), meaning_of_request(request_of(case["expected_ir"])))
    if target and "expected_out_wire" in case:
        options = ModelOptions(max_tokens_default=1024, reasoning_content=case["target"] == "deepseek")
        codec = FORMATS[target].codec
        written = codec.decode_request(codec.encode_request(asked, options).body)
        try:
            golden = codec.decode_request(case["expected_out_wire"])
        except DownstreamError as error:
            yield f"llm-babel's own body cannot be read: {error}"
        else:
            yield from differences(meaning_of_request(written), meaning_of_request(golden))


def judge_response(case, source, target):
    events = (
        read(list(FORMATS[source].codec.decode_answer(case["input_wire"])))
        if source
        else events_of(case["expected_ir"])
    )
    if source and "expected_ir" in case:
        yield from differences(meaning_of_answer(events), meaning_of_answer(events_of(case["expected_ir"])))
    if target and "expected_out_wire" in case:
        codec = FORMATS[target].codec
        written = codec.decode_answer(codec.encode_answer(events, Request("m", ())))
        golden = codec.decode_answer(case["expected_out_wire"])
        yield from differences(meaning_of_answer(list(written)), meaning_of_answer(list(golden)))


def judge_stream(case, source, _target):
    golden = events_of_emits(case["expected_emits"])
    told = streamed(source, case["input_events"])
    if not any(isinstance(event, Usage) for event in golden):
        told = [event for event in told if not isinstance(event, Usage)]
    yield from differences(meaning_of_answer(told), meaning_of_answer(golden))


def judge_stream_encode(case, _source, target):
    encoder, parser = FORMATS[target].codec.stream_encoder(Request("m", (), include_usage=True)), SseParser()
    sent = b"".join(encoder.feed(event) for event in events_of_emits(case["input_emits"], case.get("envelope")))
    written = streamed(target, [orjson.loads(frame.data) for frame in parser.feed(sent) if frame.data != b"[DONE]"])
    golden = streamed(target, case["expected_events"])
    yield from differences(meaning_of_answer(written), meaning_of_answer(golden))


def judge_error(case, source, target):
    failure = FORMATS[source].codec.decode_error(STATUS[case["expected_ir"]["kind"]], orjson.dumps(case["input_wire"]))
    yield from differences(failure.message, case["expected_ir"]["message"], "message")
    if target:
        written, golden = (
            FORMATS[target].codec.encode_error(failure)["error"],
            case["expected_out_wire"].get("error", {}),
        )
        yield from differences([written["type"], written["message"]], [golden.get("type"), golden.get("message")])


JUDGES = {
    "request": judge_request,
    "translate": judge_request,
    "response": judge_response,
    "stream": judge_stream,
    "stream_encode": judge_stream_encode,
    "error": judge_error,
}


def verdict(case):
    """Return how a case ends, and what there is to say about it."""
    source, target = NAMES.get(case.get("source")), NAMES.get(case.get("target"))
    try:
        found = list(JUDGES[case["kind"]](case, source, target))
    except (DownstreamError, RefusedError) as error:
        return "refused", str(error)
    return ("differs" if found else "passes"), found


@pytest.mark.parametrize("name", OURS)
def test_a_golden_case_passes_or_is_refused_or_is_an_exception_that_is_still_one(name):
    expected = "refused" if name in listed(REFUSED) else "differs" if name in listed(EXCEPTIONS) else "passes"
    ended, told = verdict(CASES[name])
    assert ended == expected, told
    assert bool(told) == (ended != "passes")


def listed(table):
    return [name for names in table.values() for name in names]


def test_every_exception_is_a_case_and_is_listed_once():
    names = listed(EXCEPTIONS) + listed(REFUSED)
    assert not set(names) - set(OURS)
    assert len(names) == len(set(names))


def test_what_is_left_out_is_about_formats_that_nobody_here_speaks():
    assert Counter(foreign(case) for case in CASES.values()) == {
        None: 481,
        "between formats that are not spoken here": 119,
        "about llm-babel's own tables of models and headers": 42,
        "comes in a format that is not spoken here, without its meaning": 4,
    }
