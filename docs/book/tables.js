// A long table gets a field that shows only the rows with all of its words.

{
    const LONG = 15;

    const filtered = (table) => {
        const field = document.createElement('input');
        field.type = 'search';
        field.className = 'table-filter';
        field.placeholder = 'Show the rows with these words';
        field.setAttribute('aria-label', field.placeholder);
        const rows = [...table.tBodies[0].rows].map((row) => [row, row.textContent.toLowerCase()]);
        field.addEventListener('input', () => {
            const words = field.value.toLowerCase().split(/\s+/u);
            for (const [row, text] of rows) {
                row.hidden = !words.every((word) => text.includes(word));
            }
        });
        // mdBook's own keys, such as S for the search, are letters here.
        field.addEventListener('keydown', (event) => event.stopPropagation());
        return field;
    };

    for (const table of document.querySelectorAll('main table')) {
        if (table.tBodies[0]?.rows.length > LONG) {
            (table.closest('.table-wrapper') ?? table).before(filtered(table));
        }
    }
}
