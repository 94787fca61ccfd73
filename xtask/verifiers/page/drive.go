// Reads tokens, a line each, and says of each what the page's lines say.
package main

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"strings"
)

func main() {
	ctx := context.Background()
	verifier, err := NewVerifier(ctx)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		claims, err := Verify(ctx, verifier, lines.Text())
		if err != nil {
			fmt.Println(strings.ReplaceAll("no "+err.Error(), "\n", " "))
		} else {
			fmt.Println("ok " + claims.Session)
		}
	}
}
