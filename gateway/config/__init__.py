"""config.yaml: reading it, and refusing everything that can be known to be wrong before the first request.

`document` turns YAML into plain data that knows its lines; `plano` maps the names of Plano's config.yaml onto ours;
`examples` and `environment` fetch what stands outside of the file; `model` is the shape, `provider` what becomes of an
entry of `model_providers`; `check` holds the rules between the parts; `load` runs them all and reports every problem at
once. `schema` describes the shape to editors.
"""
