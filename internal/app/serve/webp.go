package serve

import _ "github.com/gneiss-go/gneiss/models/imagefile/webp" // pictures may be WebP
