import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { toJsonSchema } from '../src/lock/json-schema.ts';

/** The published schema, byte for byte. */
export function schemaText(): string {
  return `${JSON.stringify(toJsonSchema(), undefined, 2)}\n`;
}

if (process.argv[1] === import.meta.filename) {
  const file = resolve(import.meta.dirname, '../schema/sallyport.schema.json');
  if (process.argv.includes('--check')) {
    if (readFileSync(file, 'utf8') !== schemaText()) {
      console.error('schema/sallyport.schema.json is stale; run tsx scripts/generate-schema.ts');
      process.exitCode = 1;
    }
  } else {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, schemaText());
  }
}
