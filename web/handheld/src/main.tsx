import { render } from 'preact';
import { offline } from './offline';
import { openScanner, warmUp } from './scan/scan';

const root = document.getElementById('app');
if (root) {
  render(<h1 onClick={() => { warmUp(); void openScanner(document.createElement('video')); }}>Jate</h1>, root);
}
offline(() => {}).catch(() => {});
