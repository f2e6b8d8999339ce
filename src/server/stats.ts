/** Numbers since the start, for tests and for `/metrics`. Bytes are of bodies only. */
export interface RegistryStats {
  /** All requests that were answered or broken off. */
  readonly requests: number;
  /** By `METHOD route`, for example `PUT manifest`; routes are base, catalog, blob, uploads, upload, manifest, tags, referrers, token, other. */
  readonly byRoute: Readonly<Record<string, number>>;
  /** By status; 499 is a connection that broke before the answer. */
  readonly byStatus: Readonly<Record<string, number>>;
  readonly bytesReceived: number;
  readonly bytesSent: number;
}

/** Counts what the server does. */
export class Counters {
  #requests = 0;
  readonly #byRoute = new Map<string, number>();
  readonly #byStatus = new Map<string, number>();
  bytesReceived = 0;
  bytesSent = 0;
  inFlight = 0;

  request(method: string, route: string, status: number): void {
    this.#requests++;
    add(this.#byRoute, `${method} ${route}`);
    add(this.#byStatus, String(status));
  }

  snapshot(): RegistryStats {
    return {
      requests: this.#requests,
      byRoute: Object.fromEntries([...this.#byRoute].sort()),
      byStatus: Object.fromEntries([...this.#byStatus].sort()),
      bytesReceived: this.bytesReceived,
      bytesSent: this.bytesSent,
    };
  }

  /** Prometheus text exposition format 0.0.4. */
  prometheus(openUploads: number): string {
    const stats = this.snapshot();
    const lines = [
      '# HELP sallyport_registry_requests_total Requests by method and route.',
      '# TYPE sallyport_registry_requests_total counter',
      ...Object.entries(stats.byRoute).map(([key, count]) => {
        const [method = '', route = ''] = key.split(' ');
        return `sallyport_registry_requests_total{method="${label(method)}",route="${label(route)}"} ${count}`;
      }),
      '# HELP sallyport_registry_responses_total Answers by status.',
      '# TYPE sallyport_registry_responses_total counter',
      ...Object.entries(stats.byStatus).map(
        ([status, count]) => `sallyport_registry_responses_total{status="${status}"} ${count}`,
      ),
      ...single('received_bytes_total', 'counter', 'Bytes of request bodies.', stats.bytesReceived),
      ...single('sent_bytes_total', 'counter', 'Bytes of response bodies.', stats.bytesSent),
      ...single('requests_in_flight', 'gauge', 'Requests being answered.', this.inFlight),
      ...single('open_uploads', 'gauge', 'Uploads that have begun and not ended.', openUploads),
    ];
    return `${lines.join('\n')}\n`;
  }
}

function single(name: string, type: string, help: string, value: number): string[] {
  const full = `sallyport_registry_${name}`;
  return [`# HELP ${full} ${help}`, `# TYPE ${full} ${type}`, `${full} ${value}`];
}

function label(text: string): string {
  return text.replace(/[\\"\n]/g, '_');
}

function add(map: Map<string, number>, key: string): void {
  map.set(key, (map.get(key) ?? 0) + 1);
}
