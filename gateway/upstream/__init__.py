"""The forwarder: sends what was decided to a provider, and its answer back.

    resolve the candidates -> for each: try, retry, give up -> commit to the first that begins to answer -> relay it

Nothing has gone downstream until a provider has begun an answer that is no error; until then a failure is retried and
then passed to the next candidate, and after that it can only be told. Where the provider speaks the caller's format its
bytes pass untouched, but for the model's name in the request; elsewhere they go through the neutral form.
"""
