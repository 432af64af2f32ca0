// SPDX-License-Identifier: Apache-2.0
// Is an object what Kubernetes takes? By the compiled schemas of kubernetes-models, which say nothing of fields that they
// do not know; those are found by what the schemas never looked at.
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";

const here = dirname(new URL(import.meta.url).pathname);
const packages = ["kubernetes-models", "@kubernetes-models/prometheus-operator"];

// A copy in which each object notes which of its keys were read.
function watched(value, path, seen) {
	if (typeof value !== "object" || value === null) return value;
	if (Array.isArray(value)) return value.map((one, i) => watched(one, `${path}/${i}`, seen));
	const inside = Object.fromEntries(Object.entries(value).map(([key, one]) => [key, watched(one, `${path}/${key}`, seen)]));
	return new Proxy(inside, {
		get(target, key) {
			if (typeof key === "string") seen.add(`${path}/${key}`);
			return target[key];
		},
	});
}

// Those that nobody read, the topmost alone: what is below an unknown field is unknown too.
function unread(value, path, seen) {
	if (typeof value !== "object" || value === null) return [];
	const array = Array.isArray(value);
	return Object.entries(value).flatMap(([key, one]) => {
		const at = `${path}/${key}`;
		return array || seen.has(at) ? unread(one, at, seen) : [at];
	});
}

// Maps of free form: a schema says only that they are strings, or nothing.
const free = [/^\/metadata\/(labels|annotations)\//, /\/matchLabels\//, /^\/data\//, /\/(template\/metadata)\/(labels|annotations)\//,
	/\/nodeSelector\//, /^\/description$/ /* which their makers strip, also where it is a field */, /\/resources\/(requests|limits)\//, /\/rules\/\d+\/(labels|annotations)\//];

export class Schemas {
	constructor(modules) {
		const require = createRequire(join(modules, "x.js"));
		const Ajv = require("ajv").default ?? require("ajv");
		this.modules = join(modules, "node_modules");
		this.ajv = new Ajv({ allErrors: true, strict: true, allowUnionTypes: true });
		this.own = { SecurityContextConstraints: this.compile(join(here, "schemas", "scc.json")) };
	}

	compile(file) { return this.ajv.compile(JSON.parse(readFileSync(file, "utf8"))); }

	async validator({ apiVersion, kind }) {
		if (this.own[kind]) return this.own[kind];
		const model = packages.map((name) => join(this.modules, name, apiVersion, `${kind}.js`)).find(existsSync);
		if (!model) return null;
		const schema = readFileSync(model, "utf8").match(/from\s*"([./]*_schemas\/\w+\.js)"/)[1];
		return (await import(pathToFileURL(join(dirname(model), schema)))).validate;
	}

	// What is wrong with it, one text each.
	async mistakes(object) {
		const validate = await this.validator(object);
		if (!validate) return [`no schema of ${object.apiVersion} ${object.kind}`];
		const seen = new Set();
		if (!validate(watched(object, "", seen)))
			return validate.errors.map((e) => `${e.instancePath} ${e.keyword} ${JSON.stringify(e.params)}`);
		return unread(object, "", seen).filter((at) => !free.some((form) => form.test(at))).map((at) => `${at} is no field`);
	}
}
