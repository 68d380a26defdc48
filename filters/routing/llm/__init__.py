"""An LLM that decides which route a prompt takes (`routing.classifier: llm`), and how it is kept from doing harm.

What happens to one prompt: the conversation is cut to a budget (`history`), rendered for the model's family
(`prompts`), asked of the endpoint behind a circuit breaker, a concurrency limit and a timeout (`endpoint`, `breaker`,
`single_flight`), and the answer is read generously (`parsing`). Whatever fails on the way, the fallback classifier
decides and the verdict says why (`classifier`). Nothing here opens a socket: the model is reached through `port`.
"""
