import * as z from 'zod/mini';
import { QUANTITY, SETTING_COMPONENTS } from './settings.ts';

const text = () => z.string().check(z.minLength(1, 'is empty'));
const count = (least: number) =>
  z.int(`is not a whole number`).check(z.minimum(least, `is less than ${least}`));
const quantity = () =>
  z.union([z.number(), z.string().check(z.regex(QUANTITY, 'is not a quantity such as 500m or 2Gi'))]);
const share = () =>
  z.union([
    count(0),
    z.string().check(z.regex(/^(?:100|[1-9]?\d)%$/, 'is neither a number nor a percentage')),
  ]);

/** What companies ask of the components of a platform (`sources.profile.settings`). */
export function settingsSchema() {
  return z.strictObject({
    components: z._default(z.partialRecord(z.enum(SETTING_COMPONENTS), component()), {}),
    proxy: z.exactOptional(
      z.strictObject({
        http: z.exactOptional(proxyUrl()),
        https: z.exactOptional(proxyUrl()),
        no: z._default(z.array(text()), []),
      }),
    ),
    caBundle: z.exactOptional(text()),
  });
}

function component() {
  const amounts = () => z.exactOptional(z.record(text(), quantity()));
  return z.strictObject({
    replicas: z.exactOptional(count(0)),
    resources: z.exactOptional(z.strictObject({ requests: amounts(), limits: amounts() })),
    imagePullPolicy: z.exactOptional(z.enum(['Always', 'IfNotPresent', 'Never'])),
    nodeSelector: z.exactOptional(z.record(text(), z.string())),
    tolerations: z.exactOptional(
      z.array(
        z.strictObject({
          key: z.exactOptional(z.string()),
          operator: z.exactOptional(z.enum(['Exists', 'Equal'])),
          value: z.exactOptional(z.string()),
          effect: z.exactOptional(z.enum(['NoSchedule', 'PreferNoSchedule', 'NoExecute'])),
          tolerationSeconds: z.exactOptional(count(0)),
        }),
      ),
    ),
    spread: z.exactOptional(z.array(z.enum(['hostname', 'zone']))),
    disruptionBudget: z.exactOptional(
      z
        .strictObject({ minAvailable: z.exactOptional(share()), maxUnavailable: z.exactOptional(share()) })
        .check(
          z.refine(
            ({ minAvailable, maxUnavailable }) =>
              (minAvailable === undefined) !== (maxUnavailable === undefined),
            'needs either minAvailable or maxUnavailable',
          ),
        ),
    ),
  });
}

/** Without credentials: the output is made to be committed. */
function proxyUrl() {
  return z.string().check((context) => {
    const url = URL.canParse(context.value) ? new URL(context.value) : undefined;
    const message =
      url === undefined || !/^https?:$/.test(url.protocol)
        ? 'is not an http or https URL'
        : url.username !== '' || url.password !== ''
          ? 'holds credentials, which would stand in the output'
          : undefined;
    if (message !== undefined) context.issues.push({ code: 'custom', message, input: '' });
  });
}
