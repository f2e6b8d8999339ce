import { type DiscoverOptions, type Discovery, discover, type ImageUse } from '../../src/discovery/index.ts';

/** Everything found in a text that must be readable; `possible` and above unless told. */
export function look(text: string, options: DiscoverOptions = { minConfidence: 'possible' }): Discovery {
  const { discovery, failures } = discover([{ path: 'x.yaml', bytes: Buffer.from(text) }], options);
  if (failures.length > 0) throw new Error(`not readable: ${failures.map(String).join(', ')}`);
  return discovery;
}

/** `how confidence reference` of each use, in the order of the file. */
export function findings(text: string, options?: DiscoverOptions): string[] {
  return look(text, options).uses.map(
    ({ how, confidence, reference }) => `${how} ${confidence} ${reference}`,
  );
}

/** The bytes that a use names, piece by piece. */
export function bytesOf(text: string, use: ImageUse): string[] {
  const bytes = Buffer.from(text);
  return (use.parts ?? [use]).map(({ range }) => bytes.subarray(...range).toString());
}

/** A Deployment whose only container has these further lines, indented as its keys. */
export function deployment(...lines: string[]): string {
  return [
    'apiVersion: apps/v1',
    'kind: Deployment',
    'metadata: {name: app, namespace: team}',
    'spec:',
    '  template:',
    '    spec:',
    '      containers:',
    '        - name: app',
    ...lines.map((line) => `          ${line}`),
    '',
  ].join('\n');
}
