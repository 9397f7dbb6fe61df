// Command where prints the path of the terraform-provider-aws that is used, or
// says why there is none.
package main

import (
	"fmt"
	"os"

	"github.com/trunkline-dev/trunkline/test/aws/binary"
)

func main() {
	path, err := binary.Find()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println(path)
}
