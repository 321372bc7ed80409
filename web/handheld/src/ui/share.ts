/** share hands a file to another app, or saves it where the phone cannot share files; false if the person turned back. */
export async function share(name: string, content: string): Promise<boolean> {
  const file = new File([content], name, { type: 'text/plain' });
  if (navigator.canShare?.({ files: [file] })) {
    try {
      await navigator.share({ files: [file] });
      return true;
    } catch (err) {
      if (err instanceof DOMException && err.name === 'AbortError') return false;
      // Some phones say that they can and then cannot: save it instead.
    }
  }
  const url = URL.createObjectURL(file);
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  // The browser reads it after the click; a minute is long enough for the slowest.
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
  return true;
}
