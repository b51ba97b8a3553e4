// Draws /openapi.json: operations by tag, then the catalogue of errors. Text only: nothing is ever parsed as HTML.
"use strict";

function element(name, text, attributes = {}) {
  const node = document.createElement(name);
  if (text) node.textContent = text;
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  return node;
}

function withChildren(node, ...children) {
  node.append(...children.filter(Boolean));
  return node;
}

function table(heads, rows) {
  const cells = (tag, texts) => withChildren(element("tr"), ...texts.map((text) => element(tag, text)));
  return withChildren(element("table"), cells("th", heads), ...rows.map((row) => cells("td", row)));
}

// An example value for a schema: its own example, or one built from its members.
function sample(schema, schemas, depth = 0) {
  if (!schema || depth > 6) return null;
  if (schema.$ref) return sample(schemas[schema.$ref.split("/").pop()], schemas, depth + 1);
  if (schema.examples) return schema.examples[0];
  if (schema.enum) return schema.enum[0];
  if (schema.default !== undefined) return schema.default;
  if (schema.anyOf) return sample(schema.anyOf[0], schemas, depth + 1);
  if (schema.type === "array") return [sample(schema.items, schemas, depth + 1)];
  if (schema.type === "object") {
    const members = Object.entries(schema.properties || {});
    return Object.fromEntries(members.map(([name, member]) => [name, sample(member, schemas, depth + 1)]));
  }
  if (schema.format === "uuid") return "0197a5c2-7e4b-7c1d-9f3a-2b6d8e0f1a23";
  if (schema.format === "date-time") return "2026-03-14T18:30:00Z";
  return { string: "text", integer: 1, number: 0.5, boolean: true }[schema.type] ?? null;
}

function json(content, schemas) {
  const schema = content?.["application/json"]?.schema;
  return schema && element("pre", JSON.stringify(sample(schema, schemas), null, 2));
}

function drawOperation(path, method, operation, schemas) {
  const summary = withChildren(
    element("summary"),
    element("span", method.toUpperCase(), { class: `method ${method}` }),
    element("span", path, { class: "path" }),
    element("span", operation.summary, { class: "says" }),
  );
  const body = withChildren(element("div", "", { class: "body" }), operation.description && element("p", operation.description));
  const parameters = operation.parameters || [];
  if (parameters.length) {
    const rows = parameters.map((p) => [p.name, p.in, p.required ? "required" : "optional", p.description || ""]);
    body.append(element("h3", "Parameters"), table(["name", "in", "", "meaning"], rows));
  }
  const request = json(operation.requestBody?.content, schemas);
  if (request) body.append(element("h3", "Body"), request);
  const errors = [];
  for (const [status, response] of Object.entries(operation.responses)) {
    if (Number(status) < 400) {
      body.append(...[element("h3", `${status} ${response.description}`), json(response.content, schemas)].filter(Boolean));
    }
    for (const code of response["x-error-codes"] || []) errors.push([status, code]);
  }
  if (errors.length) body.append(element("h3", "Errors"), table(["status", "errorCode"], errors));
  return withChildren(element("details"), summary, body);
}

function drawError(error) {
  const head = withChildren(element("div"), element("code", error.code), ` ${error.status} ${error.title}`);
  return withChildren(
    element("div", "", { class: "error", id: error.code }), head, element("p", error.when), element("p", error.action),
  );
}

function draw(api) {
  document.title = api.info.title;
  document.getElementById("title").textContent = api.info.title;
  document.getElementById("intro").textContent = `Version ${api.info.version}. `;
  document.getElementById("intro").append(element("a", "openapi.json", { href: "openapi.json" }));
  const byTag = new Map();
  for (const [path, methods] of Object.entries(api.paths)) {
    for (const [method, operation] of Object.entries(methods)) {
      const tag = operation.tags?.[0] || "other";
      if (!byTag.has(tag)) byTag.set(tag, []);
      byTag.get(tag).push(drawOperation(path, method, operation, api.components.schemas));
    }
  }
  const main = document.getElementById("operations");
  for (const [tag, operations] of byTag) main.append(element("h2", tag), ...operations);
  const errors = document.getElementById("errors");
  errors.append(element("h2", "Errors"), ...api["x-error-catalogue"].map(drawError));
  document.getElementById(location.hash.slice(1))?.scrollIntoView();
}

fetch("openapi.json")
  .then((response) => response.json())
  .then(draw)
  .catch((error) => { document.getElementById("intro").textContent = `openapi.json could not be read: ${error}`; });
