// Routes: what is configured, and what share of the last requests each had.
import { api, cell, count, el, empty, percent, table } from "/ui/common.js";

export const title = "Routes";

export async function show(main, signal) {
  const data = await api("/api/routes", { signal });
  if (!data.routes.length) { main.append(empty("No routes are configured: ", el("code", {}, "routing_preferences:"), " in config.yaml describes them in plain words.")); return; }
  const heads = [["route"], ["description"], ["models"], ["examples", "n"], ["threshold", "n"], ["share", "n"]];
  main.append(el("p", { class: "soft" }, `Decided by ${data.classifier}; where no route matches, ${data.default ?? "the model that the request names"} serves.`),
    table(`Share of the last ${count(data.requests)} decisions`, heads, data.routes.map((route) => el("tr", {}, cell(route.name),
      cell(route.description, "wrap"), cell(route.models.join(", "), "wrap"), cell(route.examples.length, "n"),
      cell(route.threshold ?? data.threshold ?? "default", "n"), cell(percent(route.requests, data.requests), "n")))),
    el("p", {}, el("a", { href: "#playground" }, "Try a change of a route in the playground"), ", and see what flips before anything is saved."));
}
