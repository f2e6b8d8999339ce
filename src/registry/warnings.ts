import { type EmitEvent, printable } from '../base/index.ts';

/** `299 - "text"`, nothing else (distribution-spec v1.1 "Warnings"). */
const WARNING = /(?:^|,)\s*299 - "((?:[^"\\]|\\[\s\S])*)"/g;

/** Shows what registries have to say to their users, each text once, and never acts upon it. */
export function createWarningListener(emit: EmitEvent): (host: string, header: string | undefined) => void {
  const seen = new Set<string>();
  return (host, header) => {
    for (const match of (header ?? '').matchAll(WARNING)) {
      const text = (match[1] ?? '').replace(/\\([\s\S])/g, '$1');
      // Control characters are refused, not repaired: there is no honest reason for them.
      if (text === '' || printable(text) !== text || seen.has(`${host} ${text}`) || seen.size > 100) continue;
      seen.add(`${host} ${text}`);
      emit({ type: 'note', level: 'warning', subject: host, message: `the registry says: ${text}` });
    }
  };
}
