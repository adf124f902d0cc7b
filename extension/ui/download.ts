/** Hands a JSON document to the person as a file. */
export function downloadJson(name: string, document_: string): void {
  const address = URL.createObjectURL(new Blob([document_], { type: 'application/json' }));
  const link = document.createElement('a');
  link.href = address;
  link.download = name;
  link.click();
  // The download holds its own reference once it has begun.
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}
