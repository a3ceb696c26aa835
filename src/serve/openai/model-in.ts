/** The model that a body asks for. It was read against a schema in which `model` is a text. */
export function modelIn(body: unknown): string | undefined {
  return (body as { model?: string }).model;
}
