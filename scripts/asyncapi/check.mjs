// Checks docs/asyncapi.json with AsyncAPI's own parser, and the JSON of every golden event against its schema in docs/schemas. Prints what is wrong; exits with 1.
//
//   node check.mjs ROOT
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { Parser } from "@asyncapi/parser";
import addFormats from "ajv-formats";
import Ajv from "ajv/dist/2020.js";

const root = process.argv[2];
const problems = [];
const read = (...path) => readFileSync(join(root, ...path), "utf8");

// A newer version of AsyncAPI is no fault of the document.
const LEFT = "asyncapi-latest-version";

async function checkAsyncApi() {
  const { document, diagnostics } = await new Parser().parse(read("docs", "asyncapi.json"));
  for (const { code, message, path } of diagnostics.filter(({ code }) => code !== LEFT)) {
    problems.push(`docs/asyncapi.json: ${path.join(".")}: ${message} (${code})`);
  }
  return document?.allMessages().length ?? 0;
}

// The schema in which a property that is not named is an error: a golden event has none.
function closed(schema) {
  if (typeof schema !== "object" || schema === null) return schema;
  if (Array.isArray(schema)) return schema.map(closed);
  const copy = Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, closed(value)]));
  return schema.type === "object" && schema.properties ? { additionalProperties: false, ...copy } : copy;
}

// The names of the properties that hold any JSON object: nothing within is wrong.
function* open(schema) {
  if (typeof schema !== "object" || schema === null) return;
  for (const [name, property] of Object.entries(schema.properties ?? {})) {
    const { additionalProperties } = property;
    if (typeof additionalProperties === "object" && Object.keys(additionalProperties).length === 0) yield name;
  }
  for (const inner of Object.values(schema)) yield* open(inner);
}

// An event with one thing wrong in it, in every place: a value of another type, a field too many.
function* spoilt(value, skipped, put = (whole) => whole) {
  if (Array.isArray(value)) {
    for (const [i, entry] of value.entries()) yield* spoilt(entry, skipped, (changed) => put(value.with(i, changed)));
  } else if (typeof value === "object") {
    yield put({ ...value, notInTheContract: 1 });
    for (const [name, entry] of Object.entries(value)) {
      if (skipped.has(name)) yield put({ ...value, [name]: 17 });
      else yield* spoilt(entry, skipped, (changed) => put({ ...value, [name]: changed }));
    }
  } else {
    yield put(typeof value === "string" ? 17 : "17");
  }
}

function checkSchemas() {
  const ajv = new Ajv({ strict: true, allErrors: true });
  // Fields that can hold data about a person.
  ajv.addVocabulary(["x-personal"]);
  addFormats(ajv);
  const [strict, skipped] = [new Map(), new Map()];
  for (const file of readdirSync(join(root, "docs", "schemas"))) {
    const schema = JSON.parse(read("docs", "schemas", file));
    ajv.compile(schema);
    skipped.set(file, new Set(open(schema)));
    strict.set(file, ajv.compile({ ...closed(schema), $id: `${schema.$id}:closed` }));
  }
  let count = 0;
  const golden = join("tests", "contract", "golden");
  for (const area of readdirSync(join(root, golden))) {
    for (const file of readdirSync(join(root, golden, area)).filter((name) => name.endsWith(".json"))) {
      // It is stored in a field of the area's message.
      const [event] = Object.values(JSON.parse(read(golden, area, file)));
      const schema = `quittance.${area.replace("-", "")}.v1.${file.split(".")[0]}.json`;
      const validate = strict.get(schema);
      if (validate === undefined) {
        problems.push(`docs/schemas/${schema} is missing`);
        continue;
      }
      if (!validate(event)) {
        problems.push(`${golden}/${area}/${file}: ${ajv.errorsText(validate.errors)}`);
      }
      for (const wrong of spoilt(event, skipped.get(schema))) {
        if (validate(wrong)) problems.push(`docs/schemas/${schema} takes what is wrong: ${JSON.stringify(wrong)}`);
      }
      count += 1;
    }
  }
  return count;
}

const messages = await checkAsyncApi();
const events = checkSchemas();
if (messages === 0 || events === 0) problems.push(`${messages} messages and ${events} golden events were found`);
for (const problem of problems) console.error(problem);
if (problems.length > 0) process.exit(1);
console.log(`asyncapi: ${messages} messages, ${events} golden events`);
