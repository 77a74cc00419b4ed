// Reads {name: document} and writes {name: ["severity code at: message", ...]}.
import { readFileSync } from "node:fs";
import { Parser } from "@asyncapi/parser";

const SEVERITIES = ["error", "warning", "information", "hint"];
const documents = JSON.parse(readFileSync(0, "utf8"));
const found = {};
for (const [name, document] of Object.entries(documents)) {
  const { diagnostics } = await new Parser().parse(JSON.stringify(document));
  found[name] = diagnostics.map(
    ({ severity, code, path, message }) =>
      `${SEVERITIES[severity]} ${code} at ${path.join("/")}: ${message}`,
  );
}
process.stdout.write(JSON.stringify(found));
